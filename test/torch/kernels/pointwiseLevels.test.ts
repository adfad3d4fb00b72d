import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../../src/torch/index.ts';
import { levels, widest } from '../simdLevels.ts';
import { type Case, composed, distance, make, ours, random, reference } from './pointwiseCases.ts';

afterEach(() => torch.setSimd(widest));

function check(of: Case): void {
  torch.scope(() => {
    const made = make(of);
    const results = ours(made, of.inputRelu);
    const expected = reference(made, of.inputRelu);
    results.forEach((result, i) => {
      // ATen's gradient of a bf16 convolution is bf16 on its way to an fp32 weight.
      const dtype = torch.getSimd() === 'none' ? of.dtype : result.dtype;
      expect(distance(result, expected[i]!, dtype)).toBeLessThan(dtype === 'bfloat16' ? 1 : 5);
    });
    expect(results.map((t) => t.dtype)).toEqual(
      [made.dy, ...made.inputs, ...made.weights].map((t) => t.dtype),
    );
  });
}

/** Without gradients, against ATen in float64 with the bias and the ReLU as steps of their own. */
function finished(of: Case): void {
  torch.scope(() =>
    torch.noGrad(() => {
      const { inputs, weights } = make(of);
      const inputRelu = of.inputRelu ?? false;
      // ATen rounds the bias and the sum before it to bf16 as well: 3.1 has been seen.
      const roundings = torch.getSimd() === 'none' ? 4 : 2;
      const double = (x: Tensor) => x.to({ dtype: inputs[0]!.dtype }).to({ dtype: 'float64' });
      const plain = composed(inputs.map(double), weights.map(double), inputRelu);
      for (const relu of [false, true]) {
        for (const bias of [undefined, random([of.out])]) {
          const sum = bias === undefined ? plain : plain.add(bias.reshape([-1, 1, 1]));
          const y = F.pointwise(inputs, weights, { inputRelu, relu, ...(bias && { bias }) });
          const off = distance(y, relu ? sum.relu() : sum);
          expect(off).toBeLessThan(y.dtype === 'bfloat16' ? roundings : 5);
        }
      }
    }),
  );
}

const dtypes: readonly (readonly [DType, DType])[] = [
  ['float32', 'float32'],
  ['bfloat16', 'bfloat16'],
  ['bfloat16', 'float32'],
];

describe.each(levels)('pointwise with vectors of %s', (level) => {
  const at = (name: string, run: () => void) =>
    it(name, () => {
      torch.setSimd(level);
      run();
    });

  for (const [dtype, weightDtype] of dtypes) {
    for (const inputRelu of [false, true]) {
      const of = `${dtype}, weights ${weightDtype}${inputRelu ? ', relu' : ''}`;
      const one = (channels: readonly number[], out: number, pixels: Case['pixels']) =>
        check({ channels, out, pixels, dtype, weightDtype, inputRelu });

      at(`${of}: 1 to 5 inputs of different channels`, () => {
        const channels = [36, 5, 20, 64, 1];
        for (let n = 1; n <= 5; n++) one(channels.slice(0, n), 36, [2, 9, 9]);
      });

      at(`${of}: one weight over all inputs, however its channels are split`, () => {
        const case_ = fc.record({
          channels: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 }),
          out: fc.integer({ min: 1, max: 70 }),
        });
        const pixels = [2, 9, 9] as const;
        fc.assert(
          fc.property(case_, (split) =>
            check({ ...split, pixels, dtype, weightDtype, inputRelu, single: true }),
          ),
          { numRuns: 15 },
        );
        finished({ channels: [20, 3, 17], out: 9, pixels, dtype, weightDtype, single: true });
      });

      at(`${of}: any number of channels from 1 to 70`, () => {
        for (let c = 1; c <= 70; c++) one([c], ((c * 29) % 70) + 1, [1, 7, 5]);
      });

      at(`${of}: any number of pixels`, () => {
        for (const w of [1, 2, 3, 15, 16, 17, 31, 33, 63, 127, 129, 257]) one([6, 3], 7, [1, 1, w]);
      });

      at(`${of}: so many pixels that they are shared among threads, in parts`, () => {
        one([36, 20], 36, [17, 32, 33]);
      });

      at(`${of}: wide sums`, () => one([96, 300, 7], 150, [1, 12, 11]));

      at(`${of}: a bias, the ReLU of the result, and both, in the same pass`, () => {
        for (const [channels, out] of [
          [[5], 1] as const,
          [[36, 7], 36] as const,
          [[3], 70] as const,
        ])
          finished({ channels, out, pixels: [2, 9, 7], dtype, weightDtype, inputRelu });
      });
    }
  }
});
