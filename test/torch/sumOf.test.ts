import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';

type DType = 'float32' | 'float64' | 'bfloat16';

const channelsLast = (x: torch.Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });
const numbers = (x: torch.Tensor) => [
  ...x.detach().to({ dtype: 'float64' }).contiguous().toTypedArray(),
];
const terms = (count: number, shape: readonly number[], dtype: DType = 'float32') =>
  Array.from({ length: count }, (_, i) => torch.randn(shape, { seed: i + 1 }).to({ dtype }));
const chain = (all: readonly torch.Tensor[]) => all.reduce((sum, x) => sum.add(x));

const sumCalls = (fn: () => void) =>
  torch.profile(fn).find(({ name }) => name === 'enas::sum_of')?.calls ?? 0;

describe('sumOf', () => {
  it.each([1, 2, 3, 5])(
    'is, to the bit, what adding %i float32 tensors in order gives',
    (count) => {
      torch.scope(() => {
        for (const shape of [[], [0, 3], [7], [2, 3, 5, 7], [70_001]]) {
          const all = terms(count, shape);
          expect(numbers(torch.sumOf(all))).toEqual(numbers(chain(all)));
        }
      });
    },
  );

  it('adds bfloat16 in float32 and rounds once', () => {
    torch.scope(() => {
      const all = terms(5, [3, 1111], 'bfloat16');
      const exact = chain(all.map((x) => x.to({ dtype: 'float32' })));
      const sum = torch.sumOf(all);
      expect(sum.dtype).toBe('bfloat16');
      expect(numbers(sum)).toEqual(numbers(exact.to({ dtype: 'bfloat16' })));
    });
  });

  it('reads in one pass what is channels-last, and keeps that', () => {
    torch.scope(() => {
      const all = terms(3, [2, 3, 4, 5]).map(channelsLast);
      let sum = all[0]!;
      expect(
        sumCalls(() => {
          sum = torch.sumOf(all);
        }),
      ).toBe(1);
      expect(numbers(sum)).toEqual(numbers(chain(all)));
      // Its sum with them is one pass only if it lies as they do.
      expect(sumCalls(() => torch.sumOf([sum, ...all]))).toBe(1);
    });
  });

  it('adds one after the other what does not lie alike, in other dtypes and shapes', () => {
    torch.scope(() => {
      const [a, b, c] = terms(3, [2, 4, 6, 6]) as [torch.Tensor, torch.Tensor, torch.Tensor];
      const others = [
        [a, channelsLast(b), c],
        [a, b, c].map((x) => x.slice(3, 0, undefined, 2)),
        [a, b.to({ dtype: 'bfloat16' }), c],
        [a, b, c].map((x) => x.to({ dtype: 'float64' })),
        [a, b.sum(), c],
      ];
      for (const all of others) {
        let sum = a;
        const calls = sumCalls(() => {
          sum = torch.sumOf(all);
        });
        expect(calls).toBe(0);
        expect(sum.dtype).toBe(chain(all).dtype);
        expect(numbers(sum)).toEqual(numbers(chain(all)));
      }
    });
  });

  it.each(['float32', 'bfloat16'] as const)(
    'hands the gradient on to each %s input, once for each time it is added',
    (dtype) => {
      torch.scope(() => {
        const [a, b, c] = terms(3, [4, 5], dtype).map((x) => x.requiresGrad_());
        const dy = torch.randn([4, 5], { seed: 9 }).to({ dtype });
        torch.sumOf([a!, b!, c!, a!, b!.detach()]).mul(dy).sum().backward();
        expect(numbers(a!.grad!)).toEqual(numbers(dy.mul(2)));
        expect(numbers(b!.grad!)).toEqual(numbers(dy));
        expect(numbers(c!.grad!)).toEqual(numbers(dy));
      });
    },
  );

  it('refuses an empty list and shapes that do not go together', () => {
    torch.scope(() => {
      expect(() => torch.sumOf([])).toThrow('expected one tensor or more, got none');
      expect(() => torch.sumOf([torch.ones([2]), torch.ones([2]), torch.ones([3])])).toThrow(
        'must match the size',
      );
    });
  });
});
