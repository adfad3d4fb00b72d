import { describe, nearest } from '../../../errors/check.ts';
import { parseJson } from '../../jsonFormat.ts';
import { refusal } from '../../refusal.ts';
import type { Format } from '../../space.ts';
import type { Block, MicroArch } from '../arch.ts';
import { type CellKind, cellKinds, type MicroOp } from '../decisions.ts';
import { nodeIndex, sourcesOf } from '../nodes.ts';
import { dartsNames, dartsOp } from './dartsOps.ts';

type Entries = Readonly<Record<string, unknown>>;

/**
 * The architectures of NNI's hub (Microsoft's Neural Network Intelligence, version 3): a JSON object of
 * `normal/op_<node>_<side>`, an operator by its DARTS name, and `normal/input_<node>_<side>`, a node's
 * number (or, as newer versions write it, a list of that one number); likewise `reduce/`.
 */
export function nni(blocks: number): Format<MicroArch> {
  return {
    name: 'nni',
    description: "NNI's JSON: normal/op_2_0, normal/input_2_0, … reduce/op_2_0, …",
    parse: (text) => parse(blocks, text),
    print: (arch) => `${JSON.stringify(entriesOf(arch), undefined, 2)}\n`,
  };
}

const opKey = (kind: CellKind, node: number, side: number) => `${kind}/op_${node}_${side}`;
const inputKey = (kind: CellKind, node: number, side: number) => `${kind}/input_${node}_${side}`;

function entriesOf(arch: MicroArch): Entries {
  const entries = cellKinds.flatMap((kind) =>
    arch[kind].flatMap(({ inputs, ops }, block) =>
      inputs.flatMap((input, side) => [
        [opKey(kind, block + 2, side), dartsNames[ops[side]!]],
        [inputKey(kind, block + 2, side), nodeIndex(input)],
      ]),
    ),
  );
  return Object.fromEntries(entries);
}

function parse(blocks: number, text: string): MicroArch {
  const value = parseJson('micro', text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal('nni', `expected a JSON object, got ${describe(value)}`);
  }
  const entries = value as Entries;
  checkKeys(blocks, entries);
  const cell = (kind: CellKind) =>
    Array.from({ length: blocks }, (_, block) => blockOf(kind, block, entries));
  return { space: 'micro', normal: cell('normal'), reduce: cell('reduce') };
}

function checkKeys(blocks: number, entries: Entries): void {
  const known = cellKinds.flatMap((kind) =>
    Array.from({ length: blocks }, (_, block) => block + 2).flatMap((node) =>
      [0, 1].flatMap((side) => [opKey(kind, node, side), inputKey(kind, node, side)]),
    ),
  );
  for (const key of Object.keys(entries)) {
    if (known.includes(key)) continue;
    if (/^(normal|reduce)\/(op|input)_\d+_[01]$/.test(key)) {
      const last = blocks + 1;
      throw refusal(
        'nni',
        `${key}: expected nodes 2 to ${last} for ${blocks} blocks, got another; set blocks to as many as the architecture has`,
      );
    }
    const near = nearest(key, known);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw refusal('nni', `unknown key ${describe(key)}${hint}`);
  }
}

function blockOf(kind: CellKind, block: number, entries: Entries): Block {
  const node = block + 2;
  const input = (side: number) => inputAt(inputKey(kind, node, side), sourcesOf(block), entries);
  const op = (side: number) => opAt(opKey(kind, node, side), entries);
  return { inputs: [input(0), input(1)], ops: [op(0), op(1)] };
}

function opAt(key: string, entries: Entries): MicroOp {
  const name = present(key, 'an operator', entries);
  const refuse = (message: string) => {
    throw refusal('nni', `${key}: ${message}`);
  };
  return typeof name === 'string'
    ? dartsOp(name, refuse)
    : refuse(`expected an operator's name, got ${describe(name)}`);
}

function inputAt(key: string, sources: readonly string[], entries: Entries): string {
  const given = present(key, 'an earlier node', entries);
  const number = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const source = typeof number === 'number' ? sources[number] : undefined;
  if (source !== undefined) return source;
  const expected = `expected an earlier node, an integer from 0 to ${sources.length - 1}`;
  throw refusal('nni', `${key}: ${expected}, got ${describe(given)}`);
}

function present(key: string, expected: string, entries: Entries): unknown {
  if (Object.hasOwn(entries, key)) return entries[key];
  throw refusal('nni', `${key}: expected ${expected}, got nothing`);
}
