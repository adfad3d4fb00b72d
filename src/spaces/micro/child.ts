import type { Graph, Parameter } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { Block, MicroArch } from './arch.ts';
import { type MicroOp, microOps } from './decisions.ts';
import { network } from './network.ts';
import { sourcesOf } from './nodes.ts';
import type { MicroOptions } from './options.ts';
import type { Style } from './style.ts';

/**
 * The child of a search: only the sampled operators, over the shared parameter names. There is one set
 * of parameters for each (cell, node, side, input, operator), named
 * `cell3/node4/a/from-node2/sep3x3/1/depthwise/weight`. Batch norms use the minibatch's own statistics,
 * because the shared parameters belong to no one network.
 */
export function child(arch: MicroArch, task: ImageTask, options: MicroOptions): Graph {
  return network(arch, task, childStyle(options));
}

function childStyle({ layers, filters, keepProb }: MicroOptions): Style {
  return {
    layers,
    filters,
    keepProb,
    statistics: 'batch',
    base: false,
    project: true,
    auxiliary: false,
    dropPath: () => 0,
  };
}

/**
 * The parameters of every child. The children in which every block reads one node, with one operator,
 * name all the operators' parameters; each node is a loose end in some of them.
 */
export function unionParameters(task: ImageTask, options: MicroOptions): readonly Parameter[] {
  const union = new Map<string, Parameter>();
  for (const source of sourcesOf(options.blocks - 1)) {
    for (const op of microOps) {
      const blocks = allReading(source, op, options.blocks);
      const { parameters } = child(
        { space: 'micro', normal: blocks, reduce: blocks },
        task,
        options,
      );
      for (const parameter of parameters) union.set(parameter.name, parameter);
    }
  }
  return [...union.values()];
}

/** Blocks that all read one node; those before it, which cannot, read the last cell's output. */
function allReading(source: string, op: MicroOp, blocks: number): Block[] {
  return Array.from({ length: blocks }, (_, b) => {
    const input = sourcesOf(b).includes(source) ? source : 'input1';
    return { inputs: [input, input], ops: [op, op] };
  });
}
