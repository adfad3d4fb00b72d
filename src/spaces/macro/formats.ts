import type { ZodType } from 'zod';
import type { EnasTorchError } from '../../errors/error.ts';
import { jsonFormat } from '../jsonFormat.ts';
import { refusal } from '../refusal.ts';
import type { Format } from '../space.ts';
import type { MacroArch } from './arch.ts';
import { macroOps, skipSources } from './decisions.ts';

/** The formats of the architectures with so many layers. */
export function formats(
  layers: number,
  schema: ZodType<MacroArch>,
): Readonly<Record<string, Format<MacroArch>>> {
  return { json: jsonFormat('macro', schema), 'authors-macro': authorsMacro(layers) };
}

/**
 * The authors' format: whitespace between integers; layer l is the number of its operator, then l
 * bits, one for each of its {@link skipSources}. L(L+1)/2 numbers in all.
 */
function authorsMacro(layers: number): Format<MacroArch> {
  return {
    name: 'authors-macro',
    description: "the authors' integers: for layer l its operator, then l skip bits, stem first",
    parse: (text) => parse(layers, text),
    print: ({ layers: all }) =>
      `${all.map(({ op, skips }, l) => [macroOps.indexOf(op), ...bits(l, skips)].join(' ')).join('\n')}\n`,
  };
}

function bits(layer: number, skips: readonly string[]): number[] {
  return skipSources(layer).map((source) => (skips.includes(source) ? 1 : 0));
}

function parse(layers: number, text: string): MacroArch {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  const expected = triangle(layers);
  if (tokens.length !== expected) throw miscounted(layers, expected, tokens.length);
  return {
    space: 'macro',
    layers: Array.from({ length: layers }, (_, l) => {
      const start = triangle(l);
      const op = macroOps[integer(tokens, start, macroOps.length - 1, `operator of layer ${l}`)]!;
      const skips = skipSources(l).filter(
        (source, i) => integer(tokens, start + 1 + i, 1, `skip of layer ${l} from ${source}`) === 1,
      );
      return { op, skips };
    }),
  };
}

/** Numbers that so many layers take: 1 + 2 + … + layers. */
function triangle(layers: number): number {
  return (layers * (layers + 1)) / 2;
}

function integer(tokens: readonly string[], at: number, max: number, what: string): number {
  const token = tokens[at]!;
  const value = /^\d+$/.test(token) ? Number(token) : Number.NaN;
  if (value <= max) return value;
  throw refusal(
    'authors-macro',
    `number ${at + 1} (${what}): expected an integer from 0 to ${max}, got "${token}"`,
  );
}

function miscounted(layers: number, expected: number, got: number): EnasTorchError {
  const meant = Math.floor(Math.sqrt(2 * got));
  const remedy =
    got > 0 && triangle(meant) === got ? `; these are ${meant} layers: set layers to ${meant}` : '';
  return refusal(
    'authors-macro',
    `expected ${expected} numbers for ${layers} layers (operator and l bits for layer l), got ${got}${remedy}`,
  );
}
