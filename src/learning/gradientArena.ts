import { elements } from '../graph/shape.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/** A parameter's values, gradient and momentum begin at multiples of this: a cache line of float32. */
const alignment = 16;

/** Elements that a parameter of a shape takes in an arena. */
export function extent(shape: readonly number[]): number {
  return Math.ceil(elements(shape) / alignment) * alignment;
}

/**
 * The gradients of the parameters that a step touches, one after the other in memory that the next step,
 * on others, uses again. A gradient for each shared parameter would take as much as all of them do: of
 * the recurrent space at 1,000 hidden units 580 MB, of which a step needs 150.
 */
export class GradientArena {
  #memory: Tensor;
  #laid: readonly Tensor[] = [];

  constructor(device: Device) {
    this.#memory = torch.zeros([0], { device });
  }

  /**
   * Gives each of the parameters a gradient of zeros, and no other any. Not in a scope, which would
   * release what the next step is to use.
   *
   * @param parameters leaves in float32, each once
   * @param zero whether all gradients are known to be zeros now, as after a step
   */
  lay(parameters: readonly Tensor[], zero: boolean): void {
    const same =
      parameters.length === this.#laid.length &&
      parameters.every((parameter, i) => parameter === this.#laid[i]);
    if (!same) this.#place(parameters);
    if (!zero) torch.zeroAll([this.#memory]);
  }

  #place(parameters: readonly Tensor[]): void {
    torch.clearGrads(this.#laid);
    this.#laid = [];
    const needed = parameters.reduce((sum, { shape }) => sum + extent(shape), 0);
    if (this.#memory.numel() < needed) {
      const { device } = this.#memory;
      this.#memory.dispose();
      this.#memory = torch.zeros([needed], { device });
    }
    torch.layGrads(parameters, this.#memory, alignment);
    this.#laid = parameters;
  }
}
