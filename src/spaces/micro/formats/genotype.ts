import { describe, nearest } from '../../../errors/check.ts';
import { refusal } from '../../refusal.ts';
import type { Format } from '../../space.ts';
import type { Block, MicroArch } from '../arch.ts';
import { type CellKind, cellKinds, type MicroOp, sides } from '../decisions.ts';
import { looseEnds } from '../looseEnds.ts';
import { blockName, nodeIndex, sourcesOf } from '../nodes.ts';
import { dartsNames, dartsOp } from './dartsOps.ts';
import { otherBlocks } from './otherBlocks.ts';
import { type PythonCall, type PythonValue, parsePython } from './pythonLiteral.ts';

type Side = readonly [op: MicroOp, input: string];

/**
 * The Python text that DARTS made common: `Genotype(normal=[(operator, node), …], normal_concat=[…],
 * reduce=[…], reduce_concat=[…])`, two pairs for each block. A cell of the micro space concatenates the
 * nodes that no block reads, so a genotype that concatenates others is refused.
 */
export function genotype(blocks: number): Format<MicroArch> {
  return {
    name: 'genotype',
    description: 'DARTS: Genotype(normal=[(operator, node), …], normal_concat=[…], reduce=…)',
    parse: (text) => parse(blocks, text),
    print,
  };
}

function print(arch: MicroArch): string {
  const lines = cellKinds.flatMap((kind) => {
    const pairs = arch[kind].flatMap(({ inputs, ops }) =>
      inputs.map((input, side) => `('${dartsNames[ops[side]!]}', ${nodeIndex(input)})`),
    );
    const ends = looseEnds(arch[kind]).map(nodeIndex);
    return [`${kind}=[${pairs.join(', ')}]`, `${kind}_concat=[${ends.join(', ')}]`];
  });
  return `Genotype(\n${lines.map((line) => `    ${line},\n`).join('')})\n`;
}

const refuse = (message: string): never => {
  throw refusal('genotype', message);
};

function parse(blocks: number, text: string): MicroArch {
  const value = parsePython(text, refuse);
  if (!isCall(value) || value.name !== 'Genotype') {
    const got = isCall(value) ? `${value.name}(…)` : describe(value);
    return refuse(`expected Genotype(normal=[…], …), got ${got}`);
  }
  const known = cellKinds.flatMap((kind) => [kind, `${kind}_concat`]);
  for (const key of value.keywords.keys()) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    refuse(`unknown argument ${key}${near === undefined ? '' : `; did you mean ${near}?`}`);
  }
  return {
    space: 'micro',
    normal: cellOf('normal', blocks, value.keywords),
    reduce: cellOf('reduce', blocks, value.keywords),
  };
}

function cellOf(
  kind: CellKind,
  blocks: number,
  keywords: ReadonlyMap<string, PythonValue>,
): readonly Block[] {
  const pairs = listOf(kind, 'a list of (operator, node)', keywords);
  const expected = sides.length * blocks;
  if (pairs.length !== expected) {
    const got = `got ${pairs.length}${otherBlocks(pairs.length, sides.length)}`;
    refuse(`${kind}: expected ${expected} pairs, two for each of ${blocks} blocks, ${got}`);
  }
  const cell = Array.from({ length: blocks }, (_, block): Block => {
    const [a, b] = sides.map((_, side) => sideOf(kind, sides.length * block + side, block, pairs));
    return { inputs: [a![1], b![1]], ops: [a![0], b![0]] };
  });
  checkConcat(kind, cell, listOf(`${kind}_concat`, 'a list of nodes', keywords));
  return cell;
}

function sideOf(kind: CellKind, at: number, block: number, pairs: readonly PythonValue[]): Side {
  const where = `${kind}[${at}]`;
  const pair = pairs[at];
  const [op, node] = Array.isArray(pair) ? (pair as readonly PythonValue[]) : [];
  if (!Array.isArray(pair) || pair.length !== 2 || typeof op !== 'string') {
    return refuse(`${where}: expected ('operator', node), got ${show(pair!)}`);
  }
  const sources = sourcesOf(block);
  const source = typeof node === 'number' ? sources[node] : undefined;
  return [
    dartsOp(op, (message) => refuse(`${where} operator: ${message}`)),
    source ??
      refuse(
        `${where} node: expected one before ${blockName(block)}, an integer from 0 to ${sources.length - 1}, got ${show(node!)}`,
      ),
  ];
}

function checkConcat(kind: CellKind, cell: readonly Block[], given: readonly PythonValue[]): void {
  const ends = looseEnds(cell).map(nodeIndex);
  const nodes = new Set(given);
  if (given.length === ends.length && ends.every((end) => nodes.has(end))) return;
  refuse(
    `${kind}_concat: expected ${show(ends)}, the nodes that no block reads, got ${show(given)}; a cell of the micro space concatenates those and no others`,
  );
}

function listOf(
  key: string,
  expected: string,
  keywords: ReadonlyMap<string, PythonValue>,
): readonly PythonValue[] {
  const value = keywords.get(key);
  if (Array.isArray(value)) return value as readonly PythonValue[];
  return refuse(
    `${key}: expected ${expected}, got ${value === undefined ? 'nothing' : show(value)}`,
  );
}

function isCall(value: PythonValue): value is PythonCall {
  return typeof value === 'object' && !Array.isArray(value);
}

function show(value: PythonValue): string {
  if (!Array.isArray(value)) return isCall(value) ? `${value.name}(…)` : describe(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? describe(value) : text.replaceAll(',', ', ');
}
