import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';

export interface GradOptions {
  /** Vectors to multiply the Jacobian with; left out, outputs must be scalars. */
  readonly gradOutputs?: readonly Tensor[];
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
  /** Give null for an input that the outputs do not depend on, rather than an error. Default false. */
  readonly allowUnused?: boolean;
}

/** Gradients of the sum of `outputs` with respect to each of `inputs`; no `grad` is touched. */
export function grad(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  { gradOutputs, retainGraph = false, createGraph = false, allowUnused = false }: GradOptions = {},
): (Tensor | null)[] {
  return native
    .gradOf(
      outputs.map(handleOf),
      inputs.map(handleOf),
      gradOutputs?.map(handleOf),
      retainGraph || createGraph,
      createGraph,
      allowUnused,
    )
    .map((handle) => (handle === null ? null : new Tensor(handle)));
}
