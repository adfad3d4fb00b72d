import { nearest, unexpected } from '../../errors/check.ts';
import { jsonFormat } from '../jsonFormat.ts';
import { refusal } from '../refusal.ts';
import type { Format } from '../space.ts';
import { archOf, archSchema, type NasBench201Arch, opsOf } from './arch.ts';
import { type EdgeOp, edgeOps, edges } from './decisions.ts';

/**
 * The benchmark's text: the nodes 1 to 3 with `+` between them, each node its edges, from node 0 on,
 * as `operator~source` with `|` before and after: `|none~0|+|none~0|none~1|+|none~0|none~1|none~2|`.
 */
const text: Format<NasBench201Arch> = {
  name: 'nasbench201',
  description: "NAS-Bench-201's text: |operator~source|… for each node, + between nodes",
  parse,
  print(arch) {
    const written = opsOf(arch).map((op, i) => `${op}~${edges[i]!.from}|`);
    return `|${written[0]}+|${written.slice(1, 3).join('')}+|${written.slice(3).join('')}\n`;
  },
};

export const formats: Readonly<Record<string, Format<NasBench201Arch>>> = {
  json: jsonFormat('nasbench201', archSchema),
  nasbench201: text,
};

function parse(whole: string): NasBench201Arch {
  const trimmed = whole.trim();
  const nodes = trimmed.split('+');
  if (nodes.length !== 3) {
    throw refusal(
      'nasbench201',
      `expected 3 nodes with + between them, got ${trimmed === '' ? 0 : nodes.length}`,
    );
  }
  let offset = whole.length - whole.trimStart().length;
  const ops = nodes.flatMap((node, i) => {
    const read = parseNode(node, i + 1, offset);
    offset += node.length + 1;
    return read;
  });
  return archOf(ops);
}

function parseNode(node: string, to: number, offset: number): EdgeOp[] {
  if (!/^\|.*\|$/s.test(node)) {
    throw unexpected(
      `nasbench201: node ${to} (character ${offset + 1})`,
      'edges with | before and after each',
      node,
      undefined,
      'ERR_ARCHITECTURE',
    );
  }
  const items = node.slice(1, -1).split('|');
  if (items.length !== to) {
    throw refusal(
      'nasbench201',
      `node ${to} (character ${offset + 1}): expected ${to} edges, one from each earlier node, got ${items.length}`,
    );
  }
  let start = offset + 1;
  return items.map((item, from) => {
    const op = parseEdge(item, from, `edge ${from}→${to} (character ${start + 1})`);
    start += item.length + 1;
    return op;
  });
}

function parseEdge(item: string, from: number, where: string): EdgeOp {
  const [name, source, ...rest] = item.split('~');
  const op = edgeOps.find((known) => known === name);
  if (op !== undefined && source === String(from) && rest.length === 0) return op;
  if (op !== undefined) {
    throw refusal('nasbench201', `${where}: expected ${op}~${from}, got "${item}"`);
  }
  const near = nearest(name!, edgeOps);
  throw unexpected(
    `nasbench201: ${where}`,
    `one of ${edgeOps.join(', ')}`,
    name,
    near === undefined ? undefined : `did you mean ${near}?`,
    'ERR_ARCHITECTURE',
  );
}
