import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handlesOf, Tensor } from './tensor.ts';

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
  options: GradOptions = {},
): (Tensor | null)[] {
  const {
    gradOutputs,
    retainGraph = false,
    createGraph = false,
    allowUnused = false,
  } = known('grad', options, ['gradOutputs', 'retainGraph', 'createGraph', 'allowUnused']);
  return native
    .grad(
      handlesOf(outputs),
      handlesOf(inputs),
      gradOutputs === undefined ? undefined : handlesOf(gradOutputs),
      retainGraph || createGraph,
      createGraph,
      allowUnused,
    )
    .map((handle) => (handle === null ? null : new Tensor(handle)));
}
