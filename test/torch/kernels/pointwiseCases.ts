import { expect } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../../src/torch/index.ts';

let seed = 0;
export const random = (shape: readonly number[]) => torch.randn(shape, { seed: ++seed });
export const channelsLast = (x: Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });

export interface Case {
  /** Of each input. */
  readonly channels: readonly number[];
  readonly out: number;
  /** N, H, W */
  readonly pixels: readonly [number, number, number];
  readonly dtype?: DType;
  readonly weightDtype?: DType;
  readonly inputRelu?: boolean;
  /** Whether one weight goes over all the inputs. */
  readonly single?: boolean;
}

export interface Made {
  readonly inputs: Tensor[];
  readonly weights: Tensor[];
  readonly dy: Tensor;
}

/** Operands drawn anew at every call; inputs and gradient are channels-last. */
export function make(of: Case): Made {
  const { channels, out, pixels, dtype = 'float32', weightDtype, single = false } = of;
  const [n, h, w] = pixels;
  const leaf = (x: Tensor) => x.detach().requiresGrad_();
  const inputs = channels.map((c) => leaf(channelsLast(random([n, c, h, w]).to({ dtype }))));
  const columns = single ? [channels.reduce((a, b) => a + b)] : channels;
  const weights = columns.map((c) =>
    leaf(random([out, c, 1, 1]).to({ dtype: weightDtype ?? dtype })),
  );
  return { inputs, weights, dy: channelsLast(random([n, out, h, w]).to({ dtype })) };
}

/** By ATen in float64, of the same numbers: y, then the gradients. Weights are in the inputs' dtype. */
export function reference({ inputs, weights, dy }: Made, inputRelu = false): Tensor[] {
  const dtype = inputs[0]!.dtype;
  const double = (x: Tensor) => x.detach().to({ dtype }).to({ dtype: 'float64' }).requiresGrad_();
  const x = inputs.map(double);
  const w = weights.map(double);
  const joined = torch.cat(x, 1);
  const y = F.conv2d(inputRelu ? joined.relu() : joined, torch.cat(w, 1));
  y.backward(dy.to({ dtype: 'float64' }));
  return [y, ...x.map((t) => t.grad!), ...w.map((t) => t.grad!)];
}

/** `F.pointwise` of them: y, then the gradients. */
export function ours({ inputs, weights, dy }: Made, inputRelu = false): Tensor[] {
  const y = F.pointwise(inputs, weights, { inputRelu });
  y.backward(dy);
  return [y, ...inputs.map((t) => t.grad!), ...weights.map((t) => t.grad!)];
}

/** How far off, in roundings to the dtype of numbers as large as the largest here. */
export function distance(got: Tensor, exact: Tensor, dtype = got.dtype): number {
  expect(got.shape).toEqual(exact.shape);
  const scale = exact.abs().max().item() || 1;
  const off = got.to({ dtype: 'float64' }).sub(exact).abs().max().item();
  return off / scale / (dtype === 'bfloat16' ? 2 ** -8 : 1e-6);
}

/** What ATen does with the same operands, in their own dtype. */
export const composed = (
  inputs: readonly Tensor[],
  weights: readonly Tensor[],
  inputRelu = false,
) => {
  const x = torch.cat(inputs, 1);
  return F.conv2d(inputRelu ? x.relu() : x, torch.cat(weights, 1).to({ dtype: x.dtype }));
};
