import { afterEach, describe, expect, it } from 'vitest';
import type { SimdLevel, Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';

const widest = torch.getSimd();
afterEach(() => torch.setSimd(widest));

interface State {
  readonly params: Tensor[];
  readonly momenta: Tensor[];
}

/** Shapes that end inside a vector, fill several pieces of a thread, lie channels-last, or are empty. */
const shapes = [[1], [7], [33], [16_384 * 2 + 5], [4, 3, 5, 5], [0]];

function start(dtype: 'float32' | 'float64'): State {
  const drawn = (i: number, seed: number) => {
    const shape = shapes[i]!;
    const plain = torch.normal(shape, { seed: seed + i, dtype });
    return shape.length === 4 ? plain.contiguous({ memoryFormat: 'channelsLast' }) : plain;
  };
  const params = shapes.map((_, i) => {
    const param = drawn(i, 10).requiresGrad_();
    param.grad = drawn(i, 20);
    return param;
  });
  return { params, momenta: shapes.map((_, i) => drawn(i, 30)) };
}

const numbers = (tensor: Tensor) => (tensor.flatten().tolist() as number[]).map(Number);

/** A step by its formulas, in JavaScript's float64. */
function byFormula(
  { params, momenta }: State,
  { lr = 0.1, momentum = 0, weightDecay = 0, nesterov = false, maxNorm = 0 },
) {
  const grads = params.map((param) => numbers(param.grad!));
  const norm = Math.sqrt(grads.flat().reduce((sum, g) => sum + g * g, 0));
  const scale = maxNorm === 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
  return params.map((param, i) => {
    const v0 = numbers(momenta[i]!);
    const w0 = numbers(param);
    const v = w0.map((w, j) => momentum * v0[j]! + grads[i]![j]! * scale + weightDecay * w);
    const w = w0.map((x, j) => {
      const g = grads[i]![j]! * scale + weightDecay * x;
      return x - lr * (momentum === 0 ? g : nesterov ? g + momentum * v[j]! : v[j]!);
    });
    return { w, v: momentum === 0 ? v0 : v };
  });
}

const furthest = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0);

const settings = {
  plain: {},
  'weight decay': { weightDecay: 0.1 },
  momentum: { momentum: 0.9, weightDecay: 0.01 },
  'Nesterov momentum': { momentum: 0.9, weightDecay: 0.01, nesterov: true },
  'a norm clipped': { maxNorm: 2 },
  'a norm clipped, Nesterov momentum': { maxNorm: 2, momentum: 0.9, nesterov: true },
  'a norm below the clip': { maxNorm: 1e6, momentum: 0.9 },
};

describe.each(['none', 'avx2', 'avx512', 'avx512bf16'] satisfies SimdLevel[])(
  'with %s',
  (level) => {
    describe.each(['float32', 'float64'] as const)('a step of SGD in %s', (dtype) => {
      it.each(Object.entries(settings))('follows its formulas: %s', (_, options) => {
        torch.setSimd(level);
        const state = start(dtype);
        const wanted = byFormula(state, options);
        torch.sgdStep(state.params, state.momenta, { lr: 0.1, ...options });
        const within = dtype === 'float32' ? 2e-6 : 1e-12;
        for (const [i, { w, v }] of wanted.entries()) {
          expect(furthest(numbers(state.params[i]!), w)).toBeLessThan(within);
          expect(furthest(numbers(state.momenta[i]!), v)).toBeLessThan(within);
        }
      });

      it('leaves gradients, clipped or not, as zeros where asked to', () => {
        torch.setSimd(level);
        const state = start(dtype);
        torch.sgdStep(state.params, [], { lr: 0.1, maxNorm: 1, zeroGrads: true });
        for (const { grad } of state.params) expect(grad!.ne(0).any().item()).toBe(0);
        const kept = start(dtype);
        torch.sgdStep(kept.params, [], { lr: 0.1 });
        for (const [i, { grad }] of kept.params.entries()) {
          expect(numbers(grad!)).toEqual(numbers(start(dtype).params[i]!.grad!));
        }
      });
    });
  },
);

describe('a step of SGD', () => {
  it('comes to the same bits with any number of threads', () => {
    const stepped = (threads: number) => {
      const { params, momenta } = start('float32');
      const options = { lr: 0.1, momentum: 0.9, nesterov: true, maxNorm: 2 };
      torch.withThreads(threads, () => torch.sgdStep(params, momenta, options));
      return params.map(numbers);
    };
    expect(stepped(2)).toEqual(stepped(1));
    expect(stepped(3)).toEqual(stepped(1));
  });

  it('shows a gradient that is not a number, clipped too', () => {
    const param = torch.ones([3], { requiresGrad: true });
    param.grad = torch.tensor([1, NaN, 1]);
    torch.sgdStep([param], [], { lr: 0.1, maxNorm: 1 });
    expect(param.tolist()).toEqual([NaN, NaN, NaN]);
  });

  it('takes a momentum that this thread flushes to zero for none, on every thread', () => {
    // Made before, the other threads do not flush.
    torch.withThreads(2, () => torch.ones([1_000_000]).exp());
    const param = torch.ones([100_000], { requiresGrad: true, dtype: 'float64' });
    param.grad = torch.ones([100_000], { dtype: 'float64' });
    torch.setFlushDenormal(true);
    try {
      const momenta = [torch.zeros([100_000], { dtype: 'float64' })];
      const options = { lr: 0.5, momentum: Number.MIN_VALUE };
      torch.withThreads(2, () => torch.sgdStep([param], momenta, options));
    } finally {
      torch.setFlushDenormal(false);
    }
    expect(param.sum().item()).toBe(50_000);
  });

  it('refuses an option that it does not have', () => {
    expect(() => torch.sgdStep([], [], { lr: 1, maxNrom: 1 } as never)).toThrow(/maxNorm/);
  });
});
