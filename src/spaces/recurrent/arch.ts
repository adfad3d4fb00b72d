import { type ZodType, z } from 'zod';
import { checkInteger, unexpected } from '../../errors/check.ts';
import type { Choices } from '../space.ts';
import { type FirstNode, firstOps, type RecurrentOp, recurrentOps } from './decisions.ts';
import { earlierNodes, nodeName, nodeNumber } from './nodes.ts';

/** Node 1, which reads the layer's input and the last time step. */
export interface FirstNodeArch {
  readonly op: RecurrentOp;
}

/** A node that reads an earlier one, its highway's carry. */
export interface LaterNodeArch {
  readonly from: string;
  readonly op: RecurrentOp;
}

/** A recurrent cell, as it stands in files and events: node ℓ is at place ℓ − 1. */
export interface RecurrentArch {
  readonly space: 'recurrent';
  readonly nodes: readonly [FirstNodeArch, ...LaterNodeArch[]];
}

/** Schema of the cells with so many nodes. */
export function archSchema(nodes: number, firstNode: FirstNode): ZodType<RecurrentArch> {
  const first = z.strictObject({ op: z.enum(firstOps(firstNode)) });
  const later = Array.from({ length: nodes - 1 }, (_, i) =>
    z.strictObject({ from: z.enum(earlierNodes(i + 2)), op: z.enum(recurrentOps) }),
  );
  return z.strictObject({
    space: z.literal('recurrent'),
    nodes: z.tuple([first, ...later] as unknown as [typeof first], {
      error: ({ code, input }) =>
        code === 'too_small' || code === 'too_big'
          ? `expected ${nodes} nodes, got ${(input as unknown[]).length}; make the space with as many nodes as the architecture has`
          : undefined,
    }),
  }) as unknown as ZodType<RecurrentArch>;
}

/** The cell of a first function and the pairs of the later nodes. */
export function recurrentArch(op: RecurrentOp, later: readonly LaterNodeArch[]): RecurrentArch {
  return { space: 'recurrent', nodes: [{ op }, ...later] };
}

/** The nodes after the first. */
export function laterNodes({ nodes: [, ...later] }: RecurrentArch): readonly LaterNodeArch[] {
  return later;
}

/** The architecture that choices for {@link decisions} mean. */
export function decode(nodes: number, firstNode: FirstNode, choices: Choices): RecurrentArch {
  const before = firstNode === 'tanh' ? 0 : 1;
  const expected = before + 2 * (nodes - 1);
  if (choices.length !== expected) {
    throw unexpected('recurrent choices', `${expected} choices for ${nodes} nodes`, choices);
  }
  const op = (name: string, choice: unknown) =>
    recurrentOps[checkInteger(`choice of ${name}/op`, choice, 0, recurrentOps.length - 1)]!;
  const first = firstNode === 'tanh' ? 'tanh' : op(nodeName(1), choices[0]);
  const later = Array.from({ length: nodes - 1 }, (_, i) => {
    const name = nodeName(i + 2);
    const from = checkInteger(`choice of ${name}/from`, choices[before + 2 * i], 0, i);
    return { from: nodeName(from + 1), op: op(name, choices[before + 2 * i + 1]) };
  });
  return recurrentArch(first, later);
}

/** The choices that mean this architecture. */
export function encode(firstNode: FirstNode, arch: RecurrentArch): Choices {
  const number = (op: RecurrentOp) => recurrentOps.indexOf(op);
  const later = laterNodes(arch).flatMap(({ from, op }) => [nodeNumber(from) - 1, number(op)]);
  return firstNode === 'tanh' ? later : [number(arch.nodes[0].op), ...later];
}
