import type { Tensor } from '../torch/index.ts';
import type { NodeId } from './graph.ts';

/** The values of a run's nodes, each released after its last reader. */
export class Values {
  readonly #readers: ReadonlyMap<NodeId, number>;
  readonly #values = new Map<NodeId, Tensor>();
  // Keyed by tensor, not by node: an operator may hand on its input as it is (dropout when not training).
  readonly #pending = new Map<Tensor, number>();

  /** @param readers how often each node's value is read; Infinity for what is to be kept */
  constructor(readers: ReadonlyMap<NodeId, number>) {
    this.#readers = readers;
  }

  /** A tensor of the caller's, which is not to be released. */
  keep(tensor: Tensor): void {
    this.#pending.set(tensor, Number.POSITIVE_INFINITY);
  }

  get(id: NodeId): Tensor {
    return this.#values.get(id)!;
  }

  set(id: NodeId, value: Tensor): void {
    this.#values.set(id, value);
    this.#pending.set(value, (this.#pending.get(value) ?? 0) + this.#readers.get(id)!);
  }

  /** Takes note that a reader of these nodes is done. */
  done(ids: Iterable<NodeId>): void {
    for (const id of ids) {
      const value = this.get(id);
      const left = this.#pending.get(value)! - 1;
      this.#pending.set(value, left);
      if (left === 0) value.dispose();
    }
  }
}
