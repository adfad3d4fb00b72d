import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, handlesOf, type Tensor } from './tensor.ts';

export interface CapturableSgdOptions {
  /** float32, a scalar on the parameters' device. */
  readonly lr: Tensor;
  /** float32, a scalar on the parameters' device: where it is 1, nothing moves. */
  readonly skip: Tensor;
  /** Default 0. */
  readonly momentum?: number;
  /** wd·w is added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

/**
 * `sgdStep` for a captured graph: its rate, and whether it is a step at all, are read on the device when
 * the step runs. Every parameter must have a gradient.
 *
 * @param momenta as of `sgdStep`
 */
export function sgdStepCapturable(
  params: readonly Tensor[],
  momenta: readonly Tensor[],
  options: CapturableSgdOptions,
): void {
  const {
    lr,
    skip,
    momentum = 0,
    weightDecay = 0,
    nesterov = false,
  } = known('sgdStepCapturable', options, ['lr', 'skip', 'momentum', 'weightDecay', 'nesterov']);
  native.sgdStepCapturable(
    handlesOf(params),
    momentum === 0 ? [] : handlesOf(momenta),
    handleOf(lr),
    handleOf(skip),
    momentum,
    weightDecay,
    nesterov,
  );
}
