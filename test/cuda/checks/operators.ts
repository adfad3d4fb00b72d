import type { Device, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { type Check, close } from './check.ts';

const image = (seed: number, shape = [4, 8, 12, 12]) => torch.randn(shape, { seed });
const channelsLast = (x: Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });

/** Operators of networks, on float64 inputs that are leaves: [inputs, what is done to them]. */
const operators: Record<string, [Tensor[], (inputs: readonly Tensor[]) => Tensor]> = {
  'conv2d 3×3': [
    [channelsLast(image(1)), image(2, [6, 8, 3, 3])],
    ([x, w]) => F.conv2d(x!, w!, { padding: 1 }),
  ],
  'conv2d 1×1': [[channelsLast(image(1)), image(2, [6, 8, 1, 1])], ([x, w]) => F.conv2d(x!, w!)],
  'depthwise conv2d 5×5, stride 2': [
    [channelsLast(image(1)), image(2, [8, 1, 5, 5])],
    ([x, w]) => F.conv2d(x!, w!, { padding: 2, stride: 2, groups: 8 }),
  ],
  batchNorm: [
    [channelsLast(image(1)), image(2, [8]), image(3, [8])],
    ([x, weight, bias]) => F.batchNorm(x!, { weight: weight!, bias: bias!, training: true }),
  ],
  avgPool2d: [
    [channelsLast(image(1))],
    ([x]) => F.avgPool2d(x!, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }),
  ],
  maxPool2d: [[channelsLast(image(1))], ([x]) => F.maxPool2d(x!, { kernelSize: 3, padding: 1 })],
  linear: [[image(1, [16, 20]), image(2, [7, 20])], ([x, w]) => F.linear(x!, w!)],
  embedding: [
    [image(1, [30, 5])],
    ([w]) => F.embedding(w!, torch.randint(0, 30, [11, 4], { seed: 5 }).to({ device: w!.device })),
  ],
};

/** The result and the gradients of the inputs for one and the same gradient of the result. */
function resultAndGradients(
  [inputs, fn]: [Tensor[], (inputs: readonly Tensor[]) => Tensor],
  device: Device,
  dtype: 'float32' | 'float64',
): Tensor[] {
  const leaves = inputs.map((x) => x.to({ device, dtype }).clone().requiresGrad_());
  const result = fn(leaves);
  const gradient = torch.randn(result.shape, { seed: 9 }).to({ device, dtype });
  result.backward(gradient);
  return [result, ...leaves.map(({ grad }) => grad!)];
}

export const operatorChecks: readonly Check[] = Object.entries(operators).map(
  ([name, operator]) => ({
    name: `${name} and its gradients in float32 are those of float64 on the CPU`,
    on: 'any',
    run(device) {
      const expected = resultAndGradients(operator, 'cpu', 'float64');
      const got = resultAndGradients(operator, device, 'float32');
      // Convolutions on a GPU may multiply in TF32, of 10 bits.
      const tolerance = device === 'cpu' ? 1e-5 : 3e-3;
      for (const [i, tensor] of got.entries()) {
        close(tensor, expected[i]!, tolerance, i === 0 ? 'the result' : `gradient ${i}`);
      }
    },
  }),
);
