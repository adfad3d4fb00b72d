import { integer, truth } from '../attributes.ts';
import { constant, he } from '../init.ts';
import { arity, type Definitions, type OpDefinition } from '../operator.ts';
import { elements, sameShape } from '../shape.ts';
import { type GeneralAttributes, generalOperators } from './general.ts';
import {
  type ImageAttributes,
  imageOperators,
  type WindowAttributes,
  windowAttributes,
} from './images.ts';
import { channelsOf, concatenated } from './joined.ts';

/**
 * Several operators in one, which one kernel computes without storing what lies between. No space
 * builds them: the passes (`passes/`) put them in the place of the operators they stand for.
 */
export interface FusedAttributes {
  /** relu?(batchNorm(x) + y?), of one or two inputs. Parameters and statistics are batchNorm's. */
  fusedBatchNorm: GeneralAttributes['batchNorm'] & { readonly relu: boolean };
  /** conv2d(relu(x)). */
  reluConv2d: ImageAttributes['conv2d'];
  /** concatConv of the relu of each input, with either kind of weight. */
  reluConcatConv: ImageAttributes['concatConv'];
  /**
   * 1×1 convolutions of the even and of the odd pixels of relu?(x) (`subsample` at offset 0 and at 1),
   * one after the other along the channels. Parameters: `even` [even, C, 1, 1] and `odd` [odd, C, 1, 1].
   */
  subsampleConv: { readonly even: number; readonly odd: number; readonly relu: boolean };
  /**
   * subsampleConv of the concatenation of its inputs, C being the channels of all. Not the same
   * operator, because one of any number of inputs ends a segment (`segments/partition.ts`).
   */
  concatSubsampleConv: FusedAttributes['subsampleConv'];
  /**
   * relu?(conv1×1(depthwise conv(inputRelu?(x))) + bias?), for evaluation: only where no gradient is
   * recorded does one kernel do it. Parameters: `depthwise` [C, 1, kernel, kernel], `pointwise`
   * [out, C, 1, 1] and, if `bias`, `bias` [out].
   */
  separableConv: WindowAttributes & {
    readonly out: number;
    readonly inputRelu: boolean;
    readonly bias: boolean;
    /** Of the result. */
    readonly outputRelu: boolean;
  };
}

const { batchNorm } = generalOperators;
const { conv2d, concatConv, subsample } = imageOperators;

const subsampleConv: OpDefinition<FusedAttributes['subsampleConv']> = {
  label: () => 'even and odd pixels, conv 1×1',
  inputs: arity.one,
  attributes: { even: integer(1), odd: integer(1), relu: truth },
  shape(inputs, { even, odd }, refuse) {
    const [, ...size] = subsample.shape([concatenated(inputs, refuse)], { offset: 0 }, refuse);
    return [even + odd, ...size];
  },
  parameters(inputs, { even, odd }) {
    const channels = channelsOf(inputs);
    const weight = (role: string, out: number) => ({
      role,
      shape: [out, channels, 1, 1],
      init: he(channels),
    });
    return [weight('even', even), weight('odd', odd)];
  },
  multiplyAdds: (inputs, _, output) => elements(output) * channelsOf(inputs),
};

export const fusedOperators: Definitions<FusedAttributes> = {
  fusedBatchNorm: {
    ...batchNorm,
    label: ({ relu }) => `batch norm${relu ? ', ReLU' : ''}`,
    inputs: arity.oneOrTwo,
    attributes: { ...batchNorm.attributes, relu: truth },
    shape([x, y], attrs, refuse) {
      if (y !== undefined && !sameShape(x!, y)) refuse('two inputs of one shape');
      return batchNorm.shape([x!], attrs, refuse);
    },
  },
  reluConv2d: { ...conv2d, label: (attrs) => `ReLU, ${conv2d.label(attrs)}` },
  subsampleConv,
  concatSubsampleConv: {
    ...subsampleConv,
    label: (attrs) => `concat, ${subsampleConv.label(attrs)}`,
    inputs: arity.oneOrMore,
  },
  separableConv: {
    label: ({ kernel, inputRelu, bias, outputRelu }) =>
      [
        ...(inputRelu ? ['ReLU'] : []),
        `separable conv ${kernel}×${kernel}`,
        ...(bias ? ['bias'] : []),
        ...(outputRelu ? ['ReLU'] : []),
      ].join(', '),
    inputs: arity.one,
    attributes: {
      out: integer(1),
      ...windowAttributes,
      inputRelu: truth,
      bias: truth,
      outputRelu: truth,
    },
    shape([x], { out, kernel, stride, padding }, refuse) {
      const channels = x![0]!;
      const depthwise = { out: channels, kernel, stride, padding, groups: channels };
      const [, ...size] = conv2d.shape([x!], depthwise, refuse);
      return [out, ...size];
    },
    parameters([x], { out, kernel, bias }) {
      const channels = x![0]!;
      return [
        { role: 'depthwise', shape: [channels, 1, kernel, kernel], init: he(kernel * kernel) },
        { role: 'pointwise', shape: [out, channels, 1, 1], init: he(channels) },
        ...(bias ? [{ role: 'bias', shape: [out], init: constant(0) }] : []),
      ];
    },
    multiplyAdds: ([x], { kernel, out }, output) =>
      (elements(output) / out) * x![0]! * (kernel * kernel + out),
  },
  reluConcatConv: { ...concatConv, label: (attrs) => `ReLU, ${concatConv.label(attrs)}` },
};
