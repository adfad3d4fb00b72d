import type { Graph } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { MacroArch } from './arch.ts';
import { network } from './network.ts';
import type { MacroOptions } from './options.ts';

/** The network to be trained from scratch: channels double at each reduction, statistics are its own. */
export function fixed(arch: MacroArch, task: ImageTask, options: MacroOptions): Graph {
  const { filters, merge, separable, skipBatchNorm, keepProb } = options.fixed;
  return network(arch, task, {
    filters,
    growth: 2,
    merge: merge === 'search' ? options.merge : merge,
    separable,
    skipBatchNorm,
    keepProb,
    statistics: 'running',
    mergeWidth: (_, inputs) => inputs,
  });
}
