import { native } from './addon.ts';
import * as cuda from './cuda.ts';
import { handleOf, Tensor } from './tensor.ts';

/**
 * A tensor's elements on their way to the host. Of a CUDA tensor the copy goes behind the work that was
 * launched before, into pinned memory, and reading waits for that and for nothing launched later. A
 * tensor of the CPU is read at once. Not to be made in a scope that ends before it is read.
 */
export class HostCopy {
  #values: readonly number[] | null = null;
  #pinned: Tensor | null = null;
  #copied: cuda.Event | null = null;

  /** @param tensor [N] */
  constructor(tensor: Tensor) {
    if (tensor.device === 'cpu' || !cuda.isCompiled()) {
      this.#values = tensor.tolist() as number[];
      return;
    }
    this.#pinned = new Tensor(native.download(handleOf(tensor)));
    this.#copied = new cuda.Event(tensor.device);
    this.#copied.record();
  }

  read(): readonly number[] {
    if (this.#values === null) {
      this.#copied!.synchronize();
      this.#values = this.#pinned!.tolist() as number[];
      this.dispose();
    }
    return this.#values;
  }

  /** Gives up what was not read. */
  dispose(): void {
    this.#copied?.dispose();
    this.#pinned?.dispose();
    this.#copied = null;
    this.#pinned = null;
  }
}
