import type { BatchNormOptions } from '../torch/functional.ts';
import * as torch from '../torch/index.ts';
import { type Device, type DType, functional as F, type Tensor } from '../torch/index.ts';
import type { AttributesOf, OpName } from './vocabulary.ts';

/** What an operator works with. */
export interface Operands<Op extends OpName> {
  readonly inputs: readonly Tensor[];
  readonly params: readonly Tensor[];
  readonly buffers: readonly Tensor[];
  readonly attrs: AttributesOf<Op>;
  readonly training: boolean;
  /** Share of the training that is done. */
  readonly progress: number;
  /** Time steps that lie one after the other in the inputs' batch dimension. */
  readonly steps: number;
  /** What activations are computed in where it begins with none; undefined = the parameters' own. */
  readonly dtype: 'float32' | 'bfloat16' | undefined;
  /** The seed of what it draws. */
  readonly draw: () => number;
  /** What its preparation made, if it has one. */
  readonly prepared: Tensor | null;
}

/** What is to be known of a node before it is run, at however many time steps. */
export interface Preparation<Op extends OpName>
  extends Pick<Operands<Op>, 'params' | 'attrs' | 'training' | 'draw'> {
  /** Of the node's value at one time step, [N, …]. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly device: Device;
}

/** What is the same at all time steps and is therefore made once. */
export const preparations: {
  readonly [Op in OpName]?: (preparation: Preparation<Op>) => Tensor | null;
} = {
  dropout: ({ attrs: { p, variational }, training, draw, shape, dtype, device }) =>
    training && variational && p > 0
      ? F.dropout(torch.ones(shape, { dtype, device }), { p, seed: draw() })
      : null,

  // One product for both maps.
  gates: ({ params, dtype }) => {
    const weight = torch.cat(params, 0);
    // With an input of bf16 it may stay as it is, and its gradient is never rounded.
    return dtype === 'bfloat16' ? weight : inDType(weight, dtype);
  },
};

/** What each operator does; its meaning and shapes stand in the vocabulary. */
export const operators: { readonly [Op in OpName]: (operands: Operands<Op>) => Tensor } = {
  input: ({ inputs }) => inputs[0]!,

  conv2d: ({ inputs: [x], params: [weight], attrs: { stride, padding, groups } }) =>
    F.conv2d(x!, weight!, { stride, padding, groups }),

  concatConv: ({ inputs, params }) => F.pointwise(inputs, params),

  batchNorm: (operands) => F.batchNorm(operands.inputs[0]!, batchNormOptions(operands)),

  relu: ({ inputs }) => inputs[0]!.relu(),

  // A product and not new zeros: a loss that reads nothing else would have no gradient to give.
  zeros: ({ inputs }) => inputs[0]!.mul(0),

  add: ({ inputs }) => torch.sumOf(inputs),

  mean: ({ inputs }) => torch.sumOf(inputs).div(inputs.length),

  concat: ({ inputs }) => torch.cat(inputs, 1),

  avgPool: ({ inputs, attrs: { kernel, stride, padding } }) =>
    F.avgPool2d(inputs[0]!, { kernelSize: kernel, stride, padding, countIncludePad: false }),

  maxPool: ({ inputs, attrs: { kernel, stride, padding } }) =>
    F.maxPool2d(inputs[0]!, { kernelSize: kernel, stride, padding }),

  subsample({ inputs, attrs: { offset } }) {
    const [, , height, width] = inputs[0]!.shape as [number, number, number, number];
    const right = offset * (width % 2);
    const bottom = offset * (height % 2);
    const x = right + bottom === 0 ? inputs[0]! : F.pad(inputs[0]!, [0, right, 0, bottom]);
    return x.slice(2, offset, undefined, 2).slice(3, offset, undefined, 2);
  },

  // Of [N, H·W, C], a view of a channels-last input, so that the gradient is channels-last too.
  globalAvgPool: ({ inputs }) => F.globalAvgPool(inputs[0]!),

  dropout({ inputs, attrs: { p, variational }, training, draw, prepared, steps }) {
    const x = inputs[0]!;
    if (!training || p === 0) return x;
    if (!variational) return F.dropout(x, { p, seed: draw() });
    return steps === 1
      ? x.mul(prepared!)
      : x
          .reshape([steps, ...prepared!.shape])
          .mul(prepared!)
          .reshape(x.shape);
  },

  dropPath({ inputs, attrs: { p }, training, progress, draw }) {
    const x = inputs[0]!;
    const drop = p * progress;
    if (!training || drop === 0) return x;
    const examples = torch.ones([x.shape[0]!, ...x.shape.slice(1).map(() => 1)], {
      dtype: x.dtype,
      device: x.device,
    });
    return x.mul(F.dropout(examples, { p: drop, seed: draw() }));
  },

  linear: ({ inputs: [x], params: [weight, bias] }) => F.linear(x!, weight!, bias),

  state: ({ inputs }) => inputs[0]!,

  embedding: ({ inputs, params, dtype }) => inDType(F.embedding(params[0]!, inputs[0]!), dtype),

  gates: ({ inputs, prepared }) => F.linear(inputs[0]!, prepared!),

  highway: ({ inputs: [z, carry], attrs: { activation } }) =>
    F.highway(z!, carry === undefined ? { activation } : { activation, carry }),

  fusedBatchNorm: (operands) =>
    F.batchNorm(operands.inputs[0]!, {
      ...batchNormOptions(operands),
      ...(operands.inputs[1] && { add: operands.inputs[1] }),
      relu: operands.attrs.relu,
    }),

  reluConv2d: ({ inputs: [x], params: [weight], attrs: { stride, padding, groups } }) =>
    F.conv2d(x!, weight!, { stride, padding, groups, inputRelu: true }),

  subsampleConv: ({ inputs, params, attrs: { relu } }) =>
    subsampled(inputs, params, [{ inputRelu: relu }, { inputRelu: relu }]),

  concatSubsampleConv: ({ inputs, params, attrs: { relu } }) =>
    subsampled(inputs, params, [{ inputRelu: relu }, { inputRelu: relu }]),

  separableConv({ inputs: [x], params: [depthwise, pointwise, bias], attrs }) {
    const { stride, padding, inputRelu, outputRelu: relu } = attrs;
    const options = { stride, padding, inputRelu, relu, ...(bias && { bias }) };
    return F.separableConv2d(x!, depthwise!, pointwise!, options);
  },

  reluConcatConv: ({ inputs, params }) => F.pointwise(inputs, params, { inputRelu: true }),

  biasedConv2d({ inputs: [x], params: [weight, bias], attrs }) {
    const { stride, padding, groups, inputRelu, outputRelu: relu } = attrs;
    return F.conv2d(x!, weight!, { stride, padding, groups, inputRelu, bias: bias!, relu });
  },

  biasedConcatConv({ inputs, params, attrs: { inputRelu, outputRelu: relu } }) {
    const [weights, bias] = [params.slice(0, -1), params.at(-1)!];
    return F.pointwise(inputs, weights, { inputRelu, bias, relu });
  },

  biasedSubsampleConv({ inputs, params: [evenWeight, oddWeight, bias], attrs }) {
    const { even, odd, relu: inputRelu, outputRelu: relu } = attrs;
    const options = [bias!.narrow(0, 0, even), bias!.narrow(0, even, odd)].map((part) => ({
      inputRelu,
      bias: part,
      relu,
    }));
    return subsampled(inputs, [evenWeight!, oddWeight!], options);
  },
};

/** 1×1 convolutions of all even pixels and of all odd ones, one after the other along the channels. */
function subsampled(
  inputs: readonly Tensor[],
  weights: readonly Tensor[],
  options: readonly F.PointwiseOptions[],
): Tensor {
  const pairs = inputs.map(F.subsamplePair);
  const halves = weights.map((weight, i) =>
    F.pointwise(
      pairs.map((pair) => pair[i]!),
      [weight],
      options[i],
    ),
  );
  return torch.cat(halves, 1);
}

function batchNormOptions({
  params,
  buffers,
  attrs: { statistics, eps, momentum },
  training,
}: Pick<Operands<'batchNorm'>, 'params' | 'buffers' | 'attrs' | 'training'>): BatchNormOptions {
  return {
    weight: params[0]!,
    bias: params[1]!,
    ...(statistics === 'running' && { runningMean: buffers[0]!, runningVar: buffers[1]! }),
    training: training || statistics === 'batch',
    momentum,
    eps,
  };
}

/** The tensor itself where it has that dtype already, or none is asked for. */
export function inDType(tensor: Tensor, dtype: DType | undefined): Tensor {
  return dtype === undefined || tensor.dtype === dtype ? tensor : tensor.to({ dtype });
}
