import type { Graph, Parameter } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { MacroArch } from './arch.ts';
import { macroOps, skipSources } from './decisions.ts';
import { network } from './network.ts';
import type { MacroOptions } from './options.ts';
import type { Style } from './style.ts';

/**
 * The child of a search: only the sampled operators, over the shared parameter names. Its channels
 * are the same everywhere, so that any layer can be connected to any other, and its batch norms use
 * the minibatch's own statistics, because the shared parameters belong to no one network.
 */
export function child(arch: MacroArch, task: ImageTask, options: MacroOptions): Graph {
  return network(arch, task, childStyle(options));
}

function childStyle({ filters, merge, keepProb }: MacroOptions): Style {
  return {
    filters,
    growth: 1,
    merge,
    separable: 'depthwise',
    skipBatchNorm: true,
    keepProb,
    statistics: 'batch',
    mergeWidth: (layer) => skipSources(layer).length + 1,
  };
}

/**
 * The parameters of every child. What a layer's parameters are depends on its operator and its skip
 * connections alone, so the fully connected children, one for each operator, name them all.
 */
export function unionParameters(task: ImageTask, options: MacroOptions): readonly Parameter[] {
  const union = new Map<string, Parameter>();
  for (const op of macroOps) {
    const layers = Array.from({ length: options.layers }, (_, l) => ({
      op,
      skips: skipSources(l),
    }));
    const { parameters } = child({ space: 'macro', layers }, task, options);
    for (const parameter of parameters) union.set(parameter.name, parameter);
  }
  return [...union.values()];
}
