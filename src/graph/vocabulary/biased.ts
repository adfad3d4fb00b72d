import { truth } from '../attributes.ts';
import { constant } from '../init.ts';
import type { Definitions, OpDefinition, ParameterRole } from '../operator.ts';
import type { Shape } from '../shape.ts';
import { type FusedAttributes, fusedOperators } from './fused.ts';
import { type ImageAttributes, imageOperators } from './images.ts';

/**
 * Convolutions with a bias, which is what one and the batch norm after it come to once its statistics
 * are constants. Parameters: the convolution's, then `bias` [out]. No space builds them:
 * `passes/foldBatchNorm.ts` does.
 */
export interface BiasedAttributes {
  /** relu?(conv2d(inputRelu?(x)) + bias). */
  biasedConv2d: ImageAttributes['conv2d'] & Relus;
  /** relu?(concatConv(inputRelu?(x), …) + bias). */
  biasedConcatConv: ImageAttributes['concatConv'] & Relus;
  /** relu?(concatSubsampleConv(x, …) + bias); the ReLU of its inputs is that one's `relu`. */
  biasedSubsampleConv: FusedAttributes['subsampleConv'] & Pick<Relus, 'outputRelu'>;
}

interface Relus {
  /** Convolves the ReLU of its inputs. */
  readonly inputRelu: boolean;
  /** Of the result. */
  readonly outputRelu: boolean;
}

const { conv2d, concatConv } = imageOperators;
const { concatSubsampleConv } = fusedOperators;

export const biasedOperators: Definitions<BiasedAttributes> = {
  biasedConv2d: {
    ...conv2d,
    ...withBias(conv2d, ({ out }) => out),
    attributes: { ...conv2d.attributes, inputRelu: truth, outputRelu: truth },
  },
  biasedConcatConv: {
    ...concatConv,
    ...withBias(concatConv, ({ out }) => out),
    attributes: { ...concatConv.attributes, inputRelu: truth, outputRelu: truth },
  },
  biasedSubsampleConv: {
    ...concatSubsampleConv,
    ...withBias(concatSubsampleConv, ({ even, odd }) => even + odd),
    attributes: { ...concatSubsampleConv.attributes, outputRelu: truth },
  },
};

function withBias<A>({ label, parameters }: OpDefinition<A>, channels: (attrs: A) => number) {
  return {
    label: (attrs: A) => `${label(attrs)}, bias`,
    parameters: (inputs: readonly Shape[], attrs: A): readonly ParameterRole[] => [
      ...(parameters?.(inputs, attrs) ?? []),
      { role: 'bias', shape: [channels(attrs)], init: constant(0) },
    ],
  };
}
