import type { Refuse } from '../operator.ts';
import { type Shape, sameShape } from '../shape.ts';

/** Shape of inputs laid one after the other along the channels. */
export function concatenated(inputs: readonly Shape[], refuse: Refuse): Shape {
  const [first] = inputs;
  const rest = first!.slice(1);
  if (first!.length === 0 || !inputs.every((shape) => sameShape(shape.slice(1), rest))) {
    refuse('inputs that differ in channels only');
  }
  return [channelsOf(inputs), ...rest];
}

/** Channels of all inputs together. */
export function channelsOf(inputs: readonly Shape[]): number {
  return inputs.reduce((sum, shape) => sum + shape[0]!, 0);
}

/** The shape that all inputs have. */
export function common(inputs: readonly Shape[], refuse: Refuse): Shape {
  const [first] = inputs;
  return inputs.every((shape) => sameShape(shape, first!)) ? first! : refuse('inputs of one shape');
}

/** Number of features of the input of a linear map. */
export function featuresOf(shape: Shape, refuse: Refuse): number {
  return shape.length === 1 ? shape[0]! : refuse('features [F]');
}
