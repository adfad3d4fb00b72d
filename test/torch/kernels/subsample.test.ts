import { describe, expect, it } from 'vitest';
import type { DType, MemoryFormat } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F, type Tensor } from '../../../src/torch/index.ts';

const shapes = [
  [2, 3, 4, 6],
  [2, 3, 5, 6],
  [1, 4, 4, 3],
  [3, 1, 1, 1],
  [2, 17, 7, 9],
  [0, 3, 4, 4],
] as const;
const kinds = (['float32', 'bfloat16', 'float64'] as const).flatMap((dtype) =>
  (['channelsLast', 'contiguous'] as const).flatMap((format) =>
    shapes.map((shape) => ({ dtype, format, shape })),
  ),
);

/** Whole numbers, so that every dtype holds them exactly. */
function whole(shape: readonly number[], seed: number, dtype: DType, memoryFormat: MemoryFormat) {
  return torch.randint(-9, 9, shape, { seed }).to({ dtype }).contiguous({ memoryFormat });
}

/** x[n, c, 2y + offset, 2x + offset] read one by one, and where each stands in the gradient. */
function pixels(x: Tensor, offset: number, visit: (from: number, to: number) => void): number {
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  for (let plane = 0; plane < images * channels; plane++) {
    for (let r = 0; 2 * r + offset < height; r++) {
      for (let c = 0; 2 * c + offset < width; c++) {
        const from = (plane * height + 2 * r + offset) * width + 2 * c + offset;
        visit(from, (plane * rows + r) * columns + c);
      }
    }
  }
  return images * channels * rows * columns;
}

describe.each(kinds)('every second pixel of $dtype $format $shape', ({ dtype, format, shape }) => {
  it('are those pixels, zero where an odd size has no more, and give their gradient back', () => {
    torch.scope(() => {
      const x = whole(shape, 1, dtype, format).requiresGrad_();
      const values = x.toTypedArray() as Float32Array;
      const both = F.subsamplePair(x);
      const expectedGradient = new Array<number>(x.numel()).fill(0);
      const terms = both.map((half, offset) => {
        const weights = whole(half.shape, 2 + offset, dtype, format);
        const weight = weights.toTypedArray() as Float32Array;
        const expected: number[] = [];
        const size = pixels(x, offset, (from, to) => {
          expected[to] = values[from]!;
          expectedGradient[from] = weight[to]!;
        });
        const got = [...(half.toTypedArray() as Float32Array)];
        expect(got).toEqual(Array.from({ length: size }, (_, i) => expected[i] ?? 0));
        return half.mul(weights).sum();
      });
      torch.stack(terms).sum().backward();
      expect([...(x.grad!.toTypedArray() as Float32Array)].map((v) => v + 0)).toEqual(
        expectedGradient,
      );
      if (format === 'channelsLast') expect(x.grad!.isContiguous('channelsLast')).toBe(true);
    });
  });
});

describe('every second pixel', () => {
  const x = () => torch.randn([2, 3, 5, 4], { seed: 1, dtype: 'float64' });

  it.each([0, 1])('has a gradient where only half %i of them is read', (read) => {
    torch.scope(() => {
      const leaf = x().contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_();
      F.subsamplePair(leaf)[read]!.sum().backward();
      const expected = torch.zerosLike(leaf);
      torch.noGrad(() => {
        for (const row of [read, read + 2, ...(read === 0 ? [4] : [])]) {
          for (const column of [read, read + 2]) expected.select(2, row).select(2, column).fill_(1);
        }
      });
      expect(leaf.grad!.tolist()).toEqual(expected.tolist());
    });
  });

  it('has a gradient of its gradient', () => {
    torch.scope(() => {
      const leaf = x().contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_();
      const terms = F.subsamplePair(leaf).map((half) => half.mul(half).mul(half).sum());
      const [first] = torch.grad([torch.stack(terms).sum()], [leaf], { createGraph: true });
      first!.sum().backward();
      // d²(v³)/dv² = 6v where a pixel is read, else 0.
      const read = F.subsamplePair(leaf.detach().mul(6).requiresGrad_());
      expect(leaf.grad!.sum().item()).toBeCloseTo(read[0].sum().item() + read[1].sum().item(), 9);
      expect(leaf.grad!.ne(0).to({ dtype: 'int64' }).sum().item()).toBe(2 * 3 * (3 * 2 + 2 * 2));
    });
  });

  it('takes views as they lie, and records nothing without gradient', () => {
    torch.scope(() => {
      const wide = torch
        .randn([2, 8, 6, 6], { seed: 4 })
        .contiguous({ memoryFormat: 'channelsLast' });
      const view = wide.narrow(1, 2, 3);
      const copy = view.clone().contiguous();
      const both = F.subsamplePair(view);
      const plain = F.subsamplePair(copy);
      expect(both.map((half) => half.tolist())).toEqual(plain.map((half) => half.tolist()));
      expect(both[0].requiresGrad).toBe(false);
    });
  });

  it('refuses what is no batch of images', () => {
    expect(() => F.subsamplePair(torch.ones([3, 4, 4]))).toThrow(/expected \[N, C, H, W\]/);
    expect(() => F.subsamplePair(3 as unknown as Tensor)).toThrow(/subsamplePair/);
  });
});
