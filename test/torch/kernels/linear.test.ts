import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { levels, widest } from '../simdLevels.ts';

afterEach(() => torch.setSimd(widest));

type Layout = 'rows' | 'columns' | 'strided';

/** Numbers of two digits, so that products of bf16 are exact, laid out in a way. */
function matrix(
  [rows, columns]: readonly [number, number],
  dtype: DType,
  seed: number,
  layout: Layout = 'rows',
): Tensor {
  const drawn = (shape: number[]) => torch.randn(shape, { seed }).to({ dtype });
  if (layout === 'columns') return drawn([columns, rows]).transpose(0, 1).detach();
  if (layout === 'strided')
    return drawn([rows, 2 * columns])
      .slice(1, 0, undefined, 2)
      .detach();
  return drawn([rows, columns]).detach();
}

const inFloat64 = (tensor: Tensor) => tensor.detach().to({ dtype: 'float64' });

/** y = linear(x, weight) and the gradients of the sum of y·g, and the same in float64. */
function both(x: Tensor, weight: Tensor, g: Tensor): readonly (readonly [Tensor, Tensor])[] {
  const [ours, exact] = [[x, weight] as const, [x, weight].map(inFloat64)].map(([a, b]) => {
    const operands = [a!.detach().requiresGrad_(), b!.detach().requiresGrad_()];
    const y = F.linear(operands[0]!, operands[1]!);
    y.backward(g.to({ dtype: y.dtype }));
    return [y, ...operands.map(({ grad }) => grad!)];
  });
  return ours!.map((of, i) => [of, exact![i]!] as const);
}

/** The largest difference, over the largest number. */
function distance([ours, exact]: readonly [Tensor, Tensor]): number {
  return inFloat64(ours).sub(exact).abs().max().item() / exact.abs().max().item();
}

describe.each(levels)('F.linear with vector code %s', (level) => {
  it.each([
    ['float32', 'float32', 1e-5],
    // Half a unit in the last place.
    ['bfloat16', 'bfloat16', 2 ** -8],
    // And the weight rounded.
    ['bfloat16', 'float32', 2 ** -7],
  ] as const)(
    'and its gradients are those in float64, of %s and a weight of %s in any layout',
    (dtype, weightDType, within) => {
      torch.setSimd(level);
      const size = (min: number, max: number) => fc.integer({ min, max });
      const layout = fc.constantFrom<Layout>('rows', 'columns', 'strided');
      const cases = fc.record({
        // From 2²⁰ multiply-adds on a kernel of ours takes the product.
        sizes: fc.tuple(size(120, 700), size(60, 600), size(40, 450)),
        seed: fc.nat(1000),
        layouts: fc.tuple(layout, layout, layout),
      });
      fc.assert(
        fc.property(cases, ({ sizes: [rows, features, out], seed, layouts }) =>
          torch.scope(() => {
            const x = matrix([rows, features], dtype, seed, layouts[0]);
            const weight = matrix([out, features], weightDType, seed + 1, layouts[1]);
            const g = matrix([rows, out], dtype, seed + 2, layouts[2]);
            const results = both(x, weight, g);
            for (const result of results) expect(distance(result)).toBeLessThan(within);
            expect(results.map(([ours]) => ours.dtype)).toEqual([dtype, dtype, weightDType]);
          }),
        ),
        {
          numRuns: 12,
          examples: [
            // Long sums in parts; many columns in blocks; the last tiles of one, two and four.
            [{ sizes: [150, 2240, 33], seed: 0, layouts: ['rows', 'rows', 'rows'] }],
            [{ sizes: [2240, 20, 449], seed: 1, layouts: ['rows', 'columns', 'rows'] }],
            [{ sizes: [129, 1100, 64], seed: 2, layouts: ['columns', 'rows', 'rows'] }],
            [{ sizes: [337, 97, 1000], seed: 3, layouts: ['strided', 'rows', 'columns'] }],
          ],
        },
      );
    },
  );

  it('gives the same bits on one thread and on more', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = matrix([700, 1200], 'bfloat16', 1).requiresGrad_();
      const weight = matrix([90, 1200], 'bfloat16', 2).requiresGrad_();
      const threads = torch.getNumThreads();
      const [one, ...more] = [1, 2, 3, 7].map((count) => {
        torch.setNumThreads(count);
        x.grad = null;
        weight.grad = null;
        const y = F.linear(x, weight);
        y.sum().backward();
        return [y, x.grad!, weight.grad!];
      });
      torch.setNumThreads(threads);
      for (const other of more) {
        other.forEach((tensor, i) => {
          // oneDNN's are not.
          if (level === 'amx') expect(tensor.sub(one![i]!).abs().max().item()).toBe(0);
          else expect(distance([tensor, inFloat64(one![i]!)])).toBeLessThan(0.02);
        });
      }
    });
  });

  it('takes a weight and a bias of float32 for few rows of bf16 too', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const [x, weight] = [matrix([3, 4], 'bfloat16', 1), matrix([5, 4], 'float32', 2)];
      const bias = torch.randn([5], { seed: 3 }).requiresGrad_();
      const y = F.linear(x, weight, bias);
      y.sum().backward();
      const exact = F.linear(inFloat64(x), inFloat64(weight), inFloat64(bias));
      expect([y.dtype, bias.grad!.dtype]).toEqual(['bfloat16', 'float32']);
      expect(distance([y, exact])).toBeLessThan(0.02);
      expect(bias.grad!.tolist()).toEqual([3, 3, 3, 3, 3]);
    });
  });

  it('has the gradient of what wants one alone, and gradients of gradients', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = matrix([200, 100], 'bfloat16', 1);
      const weight = matrix([80, 100], 'bfloat16', 2).requiresGrad_();
      const y = F.linear(x, weight);
      const loss = y.mul(y).sum();
      const [dWeight] = torch.grad([loss], [weight], { createGraph: true });
      const [second] = torch.grad([dWeight!.sum()], [weight]);
      const exact = inFloat64(weight).requiresGrad_();
      const z = F.linear(inFloat64(x), exact);
      const [exactFirst] = torch.grad([z.mul(z).sum()], [exact], { createGraph: true });
      const [exactSecond] = torch.grad([exactFirst!.sum()], [exact]);
      expect(x.grad).toBeNull();
      expect(distance([dWeight!, exactFirst!])).toBeLessThan(0.02);
      expect(distance([second!, exactSecond!])).toBeLessThan(0.02);
    });
  });

  it('is not a number where an operand is none, in that row alone', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = matrix([300, 64], 'bfloat16', 1);
      x.select(0, 17).fill_(Number.NaN);
      const rows = F.linear(x, matrix([100, 64], 'bfloat16', 2))
        .to({ dtype: 'float32' })
        .sum(1);
      const sums = rows.tolist() as number[];
      const wrong = sums.flatMap((value, i) => (Number.isNaN(value) ? [i] : []));
      expect(wrong).toEqual([17]);
    });
  });

  it('refuses matrices that do not belong together', () => {
    torch.setSimd(level);
    torch.scope(() => {
      const x = matrix([300, 64], 'bfloat16', 1);
      expect(() => F.linear(x, matrix([100, 65], 'bfloat16', 2))).toThrow();
      expect(() => F.linear(x, matrix([100, 64], 'float64', 2))).toThrow();
      expect(() =>
        F.linear(x.to({ dtype: 'float32' }), matrix([100, 64], 'bfloat16', 2)),
      ).toThrow();
    });
  });
});
