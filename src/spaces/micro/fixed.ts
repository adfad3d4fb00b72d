import type { Graph } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { MicroArch } from './arch.ts';
import { network } from './network.ts';
import type { MicroOptions } from './options.ts';

/**
 * The network to be trained from scratch. Against overfitting it has drop-path, whose probability grows
 * with the depth and, by the executor's progress, with the time; and an auxiliary head.
 */
export function fixed(arch: MicroArch, task: ImageTask, options: MicroOptions): Graph {
  const { layers, filters, keepProb, dropPathKeep, auxiliary } = options.fixed;
  return network(arch, task, {
    layers,
    filters,
    keepProb,
    statistics: 'running',
    base: true,
    project: false,
    auxiliary,
    dropPath: (cell) => ((cell + 1) / (layers + 2)) * (1 - dropPathKeep),
  });
}
