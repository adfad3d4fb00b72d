import * as torch from '../torch/index.ts';
import { functional as F, type Tensor } from '../torch/index.ts';
import { fanOuts } from './fanOut.ts';
import type { Graph, NodeId } from './graph.ts';
import type { ExecuteOptions } from './runNode.ts';

/** The values of a run that several nodes read, and the weights that they read them by. */
export class FannedOut {
  /** The options of the run, looking weights up as they are to be used with the values. */
  readonly options: ExecuteOptions;
  readonly #names: ReadonlyMap<NodeId, readonly string[]>;
  readonly #weights = new Map<string, Tensor>();

  constructor(graph: Graph, live: ReadonlySet<NodeId>, options: ExecuteOptions) {
    const { lookup } = options;
    this.#names = fanOuts(graph, live);
    this.options = { ...options, lookup: (name) => this.#weights.get(name) ?? lookup(name) };
  }

  /** What a node comes to, fanned out if it is one that does and has a gradient. */
  run(id: NodeId, node: () => Tensor): Tensor {
    const names = this.#names.get(id);
    if (names === undefined) return node();
    // A weight of two values belongs to the first.
    const own = names.filter((name) => !this.#weights.has(name));
    const [value, ...weights] = torch.scope(() => {
      const made = node();
      return made.requiresGrad ? F.fanOut(made, own.map(this.options.lookup)) : [made];
    }) as [Tensor, ...Tensor[]];
    for (const [i, weight] of weights.entries()) this.#weights.set(own[i]!, weight);
    return value;
  }

  /** Releases the weights; the graph of the gradients keeps what it needs. */
  dispose(): void {
    for (const weight of this.#weights.values()) weight.dispose();
  }
}
