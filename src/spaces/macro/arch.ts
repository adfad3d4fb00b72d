import { type ZodType, z } from 'zod';
import { checkInteger, unexpected } from '../../errors/check.ts';
import type { Choices } from '../space.ts';
import { type MacroOp, macroOps, skipSources } from './decisions.ts';

export interface MacroLayer {
  readonly op: MacroOp;
  /** Where its skip connections come from, in order: `['stem', 'layer2']`. */
  readonly skips: readonly string[];
}

/** A network of the macro space, as it stands in files and events. */
export interface MacroArch {
  readonly space: 'macro';
  readonly layers: readonly MacroLayer[];
}

/** Schema of the architectures with so many layers. It puts each layer's skips in order. */
export function archSchema(layers: number): ZodType<MacroArch> {
  const items = Array.from({ length: layers }, (_, l) => layerSchema(skipSources(l)));
  return z.strictObject({
    space: z.literal('macro'),
    layers: z.tuple(items as [(typeof items)[number], ...typeof items], {
      error: ({ code, input }) =>
        code === 'too_small' || code === 'too_big'
          ? `expected ${layers} layers, got ${(input as unknown[]).length}; make the space with as many layers as the architecture has`
          : undefined,
    }),
  }) as ZodType<MacroArch>;
}

function layerSchema(sources: readonly string[]) {
  const skips = z
    .array(z.enum(sources))
    .refine((names) => new Set(names).size === names.length, 'expected each source once')
    .transform((names) => sources.filter((source) => names.includes(source)));
  return z.strictObject({ op: z.enum(macroOps), skips: skips.default([]) });
}

/** The architecture that choices for {@link decisions} mean. */
export function decode(layers: number, choices: Choices): MacroArch {
  const expected = 2 * layers - 1;
  if (choices.length !== expected) {
    throw unexpected('macro choices', `${expected} choices for ${layers} layers`, choices);
  }
  return {
    space: 'macro',
    layers: Array.from({ length: layers }, (_, l) => ({
      op: opOf(l, choices[Math.max(0, 2 * l - 1)]),
      skips: l === 0 ? [] : skipsOf(l, choices[2 * l]),
    })),
  };
}

function opOf(layer: number, choice: unknown): MacroOp {
  return macroOps[checkInteger(`choice of layer${layer}/op`, choice, 0, macroOps.length - 1)]!;
}

function skipsOf(layer: number, choice: unknown): readonly string[] {
  const sources = skipSources(layer);
  const bits = choice as readonly number[];
  if (!Array.isArray(choice) || bits.length !== layer || bits.some((b) => b !== 0 && b !== 1)) {
    throw unexpected(`choice of layer${layer}/skips`, `${layer} numbers, each 0 or 1`, choice);
  }
  return sources.filter((_, i) => bits[i] === 1);
}

/** The choices that mean this architecture. */
export function encode(arch: MacroArch): Choices {
  return arch.layers.flatMap(({ op, skips }, l) => {
    const bits = skipSources(l).map((source) => (skips.includes(source) ? 1 : 0));
    return l === 0 ? [macroOps.indexOf(op)] : [macroOps.indexOf(op), bits];
  });
}
