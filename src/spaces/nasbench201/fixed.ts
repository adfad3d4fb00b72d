import type { Graph } from '../../graph/graph.ts';
import type { ImageTask } from '../space.ts';
import type { NasBench201Arch } from './arch.ts';
import { network } from './network.ts';
import type { NasBench201Options } from './options.ts';

/** The network to be trained from scratch: the benchmark's, with statistics of its own. */
export function fixed(arch: NasBench201Arch, task: ImageTask, options: NasBench201Options): Graph {
  return network(arch, task, { ...options.fixed, statistics: 'running' });
}
