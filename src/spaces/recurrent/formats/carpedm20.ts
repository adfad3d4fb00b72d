import { nearest } from '../../../errors/check.ts';
import { refusal } from '../../refusal.ts';
import type { Format } from '../../space.ts';
import { laterNodes, type RecurrentArch, recurrentArch } from '../arch.ts';
import { type FirstNode, firstOps, type RecurrentOp, recurrentOps } from '../decisions.ts';
import { looseEnds } from '../looseEnds.ts';
import { nodeName, nodeNumber } from '../nodes.ts';
import { type DagEdge, edgesOf, dagFormat as name } from './dag.ts';

/** How the functions are spelled. */
const spelled: Readonly<Record<RecurrentOp, string>> = {
  tanh: 'tanh',
  relu: 'ReLU',
  identity: 'identity',
  sigmoid: 'sigmoid',
};
const [average, next] = ['avg', 'h[t]'];
/** Keys of what node 0 reads: the layer's input x and the last step's h. */
const roots = ['-1', '-2'] as const;

/**
 * The dag.json of carpedm20's ENAS-pytorch: nodes are numbered from 0; an entry lists where a node's
 * value goes and with what function: to other nodes, from one that no other reads to the average, node
 * N, and from there to h[t].
 */
export function carpedm20(nodes: number, firstNode: FirstNode): Format<RecurrentArch> {
  return {
    name,
    description: "dag.json of carpedm20's ENAS-pytorch: for each node where its value goes",
    parse: (text) => parse(edgesOf(text), nodes, firstNode),
    print,
  };
}

function print(arch: RecurrentArch): string {
  const nodes = arch.nodes.length;
  const first = spelled[arch.nodes[0].op];
  const dag = new Map<string, (readonly [number, string])[]>(
    roots.map((key) => [key, [[0, first]]]),
  );
  arch.nodes.forEach((_, i) => {
    dag.set(String(i), []);
  });
  laterNodes(arch).forEach(({ from, op }, i) => {
    dag.get(String(nodeNumber(from) - 1))!.push([i + 1, spelled[op]]);
  });
  for (const end of looseEnds(arch)) dag.get(String(nodeNumber(end) - 1))!.push([nodes, average]);
  dag.set(String(nodes), [[nodes + 1, next]]);
  // Written by hand: JSON.stringify of an object would put the keys that are numbers before "-1".
  const entries = [...dag].map(([key, edges]) => `  "${key}": ${JSON.stringify(edges)}`);
  return `{\n${entries.join(',\n')}\n}\n`;
}

function parse(edges: readonly DagEdge[], nodes: number, firstNode: FirstNode): RecurrentArch {
  checkAverage(edges, nodes);
  const inner = edges.filter(({ target, source }) => target < nodes && Number(source) < nodes);
  const first = firstFunction(inner, firstNode);
  const later = Array.from({ length: nodes - 1 }, (_, i) => {
    const entering = inner.filter(({ target }) => target === i + 1);
    const edge = single(entering, `node ${i + 1}`);
    const source = Number(edge.source);
    if (source < 0 || source > i) {
      const expected = `node ${i + 1} to read a node from 0 to ${i}`;
      throw refusal(name, `${edge.where}: expected ${expected}, got ${edge.source}`);
    }
    return { from: nodeName(source + 1), op: functionOf(edge, recurrentOps) };
  });
  const arch = recurrentArch(first, later);
  checkEnds(edges, arch);
  return arch;
}

/** Node 0 is entered from x and from h, with one function. */
function firstFunction(inner: readonly DagEdge[], firstNode: FirstNode): RecurrentOp {
  const entering = inner.filter(({ target }) => target === 0);
  const [op, again] = roots.map((root) => {
    const edge = single(
      entering.filter(({ source }) => source === root),
      `node 0 from "${root}"`,
    );
    return { edge, op: functionOf(edge, firstOps(firstNode)) };
  });
  const other = entering.find(({ source }) => !(roots as readonly string[]).includes(source));
  if (other !== undefined) {
    throw refusal(
      name,
      `${other.where}: expected node 0 to read "-1" and "-2", got ${other.source}`,
    );
  }
  if (again!.op !== op!.op) {
    const [expected, got] = [spelled[op!.op], spelled[again!.op]];
    throw refusal(name, `${again!.edge.where}: expected ${expected} as from "-1", got ${got}`);
  }
  return op!.op;
}

function single(entering: readonly DagEdge[], what: string): DagEdge {
  const [edge, second] = entering;
  if (edge === undefined) throw refusal(name, `expected an edge to ${what}, got none`);
  if (second !== undefined) {
    throw refusal(name, `${second.where}: expected one edge to ${what}, got a second`);
  }
  return edge;
}

function functionOf({ label, where }: DagEdge, among: readonly RecurrentOp[]): RecurrentOp {
  const op = among.find((candidate) => candidate === label.toLowerCase());
  if (op !== undefined) return op;
  const names = among.map((candidate) => spelled[candidate]);
  const near = nearest(label, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  const expected = names.length === 1 ? names[0] : `one of ${names.join(', ')}`;
  throw refusal(name, `${where}: expected ${expected}, got "${label}"${hint}`);
}

/** There is an average, its number is the number of nodes, and it alone gives h[t]. */
function checkAverage(edges: readonly DagEdge[], nodes: number): void {
  const averaged = edges.find(({ label }) => label === average);
  if (averaged === undefined) {
    throw refusal(
      name,
      `expected the nodes that no other reads to go to [${nodes}, "avg"], got none`,
    );
  }
  if (averaged.target !== nodes) {
    const got = averaged.target;
    const remedy = got > 1 ? `; these are ${got} nodes: set nodes to ${got}` : '';
    throw refusal(
      name,
      `${averaged.where}: expected [${nodes}, "avg"] for ${nodes} nodes, got [${got}, "avg"]${remedy}`,
    );
  }
  for (const edge of edges) {
    const last = edge.source === String(nodes);
    if (!last && edge.target <= nodes && Number(edge.source) < nodes) continue;
    if (last && edge.target === nodes + 1 && edge.label === next) continue;
    const expected = last
      ? `[${nodes + 1}, "${next}"]`
      : `a node of the cell, or [${nodes}, "${average}"]`;
    throw refusal(
      name,
      `${edge.where}: expected ${expected}, got [${edge.target}, "${edge.label}"]`,
    );
  }
}

/** Exactly the nodes that no other reads are averaged. */
function checkEnds(edges: readonly DagEdge[], arch: RecurrentArch): void {
  const nodes = arch.nodes.length;
  const ends = new Set(looseEnds(arch).map((end) => nodeNumber(end) - 1));
  const averaged = edges.filter(({ target }) => target === nodes);
  for (const { source, label, where } of averaged) {
    if (label !== average) {
      throw refusal(
        name,
        `${where}: expected [${nodes}, "${average}"], got [${nodes}, "${label}"]`,
      );
    }
    if (!ends.delete(Number(source))) {
      throw refusal(
        name,
        `${where}: expected only nodes that no other reads to be averaged, once, got node ${source}`,
      );
    }
  }
  const [missing] = ends;
  if (missing !== undefined) {
    throw refusal(
      name,
      `expected node ${missing}, which no other reads, to go to [${nodes}, "avg"], got nothing`,
    );
  }
}
