import type { Graph, Parameter } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import { archOf, type NasBench201Arch } from './arch.ts';
import { edges } from './decisions.ts';
import { network } from './network.ts';
import type { NasBench201Options } from './options.ts';

/**
 * The child of a search: only the sampled operators, over shared names of (cell, edge, operator). Its
 * batch norms use the minibatch's own statistics, because the shared parameters belong to no one
 * network.
 */
export function child(
  arch: NasBench201Arch,
  task: ImageTask,
  { filters, cells, keepProb }: NasBench201Options,
): Graph {
  return network(arch, task, { filters, cells, keepProb, statistics: 'batch' });
}

/** The parameters of every child: those of the cells that have one kind of convolution on every edge. */
export function unionParameters(
  task: ImageTask,
  options: NasBench201Options,
): readonly Parameter[] {
  const union = new Map<string, Parameter>();
  for (const op of ['nor_conv_1x1', 'nor_conv_3x3'] as const) {
    const { parameters } = child(archOf(edges.map(() => op)), task, options);
    for (const parameter of parameters) union.set(parameter.name, parameter);
  }
  return [...union.values()];
}
