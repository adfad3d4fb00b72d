import type { Graph } from '../../graph/graph.ts';
import type { TextTask } from '../space.ts';
import type { RecurrentArch } from './arch.ts';
import { network } from './network.ts';
import type { RecurrentOptions } from './options.ts';

/** The network to be trained from scratch: no batch norm unless asked for, and statistics of its own. */
export function fixed(arch: RecurrentArch, task: TextTask, options: RecurrentOptions): Graph {
  return network(arch, task, { ...options, ...options.fixed, statistics: 'running' });
}
