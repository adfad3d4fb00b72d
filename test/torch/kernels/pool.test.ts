import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { collected } from '../../collected.ts';
import { expectClose } from '../parity/close.ts';

const F = torch.functional;
const levels: readonly torch.SimdLevel[] = ['avx2', 'avx512', 'avx512bf16'];
const widest = torch.getSimd();

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly kernelSize: torch.functional.Pair;
  readonly stride?: torch.functional.Pair;
  readonly padding?: torch.functional.Pair;
  readonly ceilMode?: boolean;
  readonly dtype?: torch.DType;
}

type Pool = (x: torch.Tensor) => torch.Tensor;

const double = (tensor: torch.Tensor) => tensor.detach().to({ dtype: 'float64' });
const named = (one: object) => JSON.stringify(one).replaceAll(/["{}]/g, '');

/** Few different values, so that windows have several equal maxima. */
const image = (shape: readonly number[], dtype: torch.DType = 'float32') =>
  torch
    .randn(shape)
    .mul(2)
    .round()
    .div(2)
    .contiguous({ memoryFormat: 'channelsLast' })
    .to({ dtype });

/** The values and the gradient of `pool` against libtorch's own, in double precision. */
function compare(pool: Pool, shape: readonly number[], label: string, dtype?: torch.DType): void {
  torch.scope(() => {
    const x = image(shape, dtype).requiresGrad_(true);
    const x64 = double(x).requiresGrad_(true);
    const [y, y64] = [pool(x), pool(x64)];
    const dy = torch.randn(y.shape).to({ dtype: y.dtype });
    y.backward(dy.contiguous({ memoryFormat: dy.ndim === 4 ? 'channelsLast' : 'contiguous' }));
    y64.backward(double(dy));
    const bound = y.dtype === 'float32' ? 1e-5 : 4e-3; // half a unit of bf16's last place
    expect([y.dtype, x.grad!.dtype]).toEqual([x.dtype, x.dtype]);
    expectClose(double(y), y64, bound, `y of ${label}`);
    expectClose(double(x.grad!), x64.grad!, bound, `dx of ${label}`);
    expect(x.grad!.isContiguous('channelsLast')).toBe(true);
    // Without a graph to be gone back through, too.
    expect(torch.noGrad(() => pool(x)).tolist()).toEqual(y.tolist());
  });
}

function compareAll({ shape, dtype, ...options }: Case): void {
  const label = named({ shape, dtype, ...options });
  compare((x) => F.maxPool2d(x, options), shape, `maximum ${label}`, dtype);
  for (const countIncludePad of [true, false]) {
    const average: Pool = (x) => F.avgPool2d(x, { ...options, countIncludePad });
    compare(average, shape, `average ${label}, ${countIncludePad}`, dtype);
  }
  compare(F.globalAvgPool, shape, `global average ${label}`, dtype);
}

beforeEach(() => torch.manualSeed(1));
afterEach(() => torch.setSimd(widest));

describe.each(levels)('pools of channels-last images (%s)', (level) => {
  beforeEach(() => torch.setSimd(level));

  it('have the values and gradients of those of libtorch in double precision', () => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      for (const stride of [1, 2, 3]) {
        for (const padding of [0, 1]) {
          for (const ceilMode of [true, false]) {
            compareAll({ shape: [2, 20, 7, 10], kernelSize: 3, stride, padding, ceilMode, dtype });
          }
        }
      }
      compareAll({ shape: [2, 36, 9, 8], kernelSize: [2, 5], stride: 1, padding: [1, 2], dtype });
      compareAll({
        shape: [1, 6, 9, 8],
        kernelSize: [5, 2],
        stride: [2, 1],
        padding: [2, 0],
        dtype,
      });
      compareAll({ shape: [3, 40, 4, 4], kernelSize: 4, stride: 4, dtype });
      compareAll({ shape: [3, 5, 8, 9], kernelSize: 2, stride: 3, dtype });
      compareAll({ shape: [1, 17, 1, 1], kernelSize: 3, stride: 1, padding: 1, dtype });
    }
  });

  it('do so for any number of channels', () => {
    for (let channels = 1; channels <= 70; channels++) {
      const dtype = channels % 3 === 0 ? 'bfloat16' : 'float32';
      const stride = 1 + (channels % 2);
      compareAll({ shape: [2, channels, 5, 6], kernelSize: 3, stride, padding: 1, dtype });
    }
  });

  it('let NaN and infinities through as libtorch does', () => {
    const x = torch.randn([2, 18, 6, 6]);
    x.select(2, 1).select(2, 2).fill_(Number.NaN);
    x.select(2, 4).slice(2, 3, 5).fill_(Number.NEGATIVE_INFINITY);
    x.select(2, 0).select(2, 5).fill_(Number.POSITIVE_INFINITY);
    const options = { kernelSize: 3, stride: 1, padding: 1 };
    const of = (input: torch.Tensor) => {
      const leaf = input.detach().requiresGrad_(true);
      const y = F.maxPool2d(leaf, options);
      y.backward(torch.arange(y.numel()).view(y.shape));
      return [y.tolist(), leaf.grad!.tolist()];
    };
    expect(of(x.contiguous({ memoryFormat: 'channelsLast' }))).toEqual(of(x));
    const nothing = torch.full([1, 3, 4, 4], Number.NEGATIVE_INFINITY);
    const inOrder = nothing.contiguous({ memoryFormat: 'channelsLast' });
    expect(F.maxPool2d(inOrder, options).tolist()).toEqual(nothing.tolist());
  });
});

describe('pools', () => {
  const options = { kernelSize: 3, stride: 1, padding: 1 };
  const pools: Record<string, Pool> = {
    maxPool2d: (x) => F.maxPool2d(x, options),
    avgPool2d: (x) => F.avgPool2d(x, { ...options, countIncludePad: false }),
    globalAvgPool: F.globalAvgPool,
  };

  it.each(Object.keys(pools))('%s gives the same bits whatever the number of threads', (name) => {
    const threads = torch.getNumThreads();
    const x = image([7, 36, 32, 32]);
    const bits = [1, 2, 3].map((count) => {
      torch.setNumThreads(count);
      const leaf = x.detach().requiresGrad_(true);
      const y = pools[name]!(leaf);
      y.square().sum().backward();
      return [y, leaf.grad!].map((t) => t.contiguous().toTypedArray());
    });
    torch.setNumThreads(threads);
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  it.each(Object.keys(pools))('%s has the slope of finite differences', (name) => {
    // No two elements are nearer to each other than the step.
    const x = torch
      .randperm(2 * 3 * 4 * 5)
      .to({ dtype: 'float32' })
      .view([2, 3, 4, 5]);
    const leaf = x.contiguous({ memoryFormat: 'channelsLast' }).requiresGrad_(true);
    const factor = torch.randn(pools[name]!(x).shape);
    const loss = () => pools[name]!(leaf).mul(factor).sum();
    loss().backward();
    for (let i = 0; i < 2 * 3 * 4 * 5; i += 7) {
      const at = (t: torch.Tensor) => {
        const image = t.select(0, Math.floor(i / 60)).select(0, Math.floor(i / 20) % 3);
        return image.select(0, Math.floor(i / 5) % 4).select(0, i % 5);
      };
      const moved = (delta: number) =>
        torch.noGrad(() => {
          at(leaf).add_(delta);
          const value = loss().item();
          at(leaf).sub_(delta);
          return value;
        });
      const slope = (moved(0.25) - moved(-0.25)) / 0.5;
      expect(at(leaf.grad!).item()).toBeCloseTo(slope, 2);
    }
  });

  it.each(Object.keys(pools))('%s leaves other layouts and types to libtorch', (name) => {
    const pool = pools[name]!;
    const x = image([2, 6, 5, 4]);
    const expected = pool(x);
    expectClose(pool(x.contiguous()), expected, 1e-6, 'NCHW');
    expectClose(pool(double(x)), double(expected), 1e-6, 'float64');
    const wide = image([2, 6, 5, 8]);
    const gaps = wide.slice(3, 0, 8, 2);
    expectClose(pool(gaps), pool(gaps.contiguous()), 1e-6, 'gaps');
    torch.setSimd('none');
    expectClose(pool(x), expected, 1e-6, 'no vector instructions');
  });

  it.each(Object.keys(pools))('%s takes a gradient in any layout', (name) => {
    const grads = [image([2, 6, 5, 4]), image([2, 6, 5, 4])].map((x, i) => {
      const leaf = torch.ones(x.shape).contiguous({ memoryFormat: 'channelsLast' });
      leaf.requiresGrad_(true);
      const y = pools[name]!(leaf);
      if (i === 0) y.sum().backward();
      else y.backward(torch.ones(y.shape));
      return leaf.grad!;
    });
    expectClose(grads[0]!, grads[1]!, 1e-6, 'expanded');
  });

  it.each(Object.keys(pools))('%s can be differentiated twice', (name) => {
    const second = (x: torch.Tensor) => {
      x.requiresGrad_(true);
      const [dx] = torch.grad([pools[name]!(x).pow(3).sum()], [x], { createGraph: true });
      return torch.grad([dx!.square().sum()], [x])[0]!;
    };
    const x = torch.randn([2, 5, 4, 6]).contiguous({ memoryFormat: 'channelsLast' });
    expectClose(double(second(x.detach())), second(double(x)), 1e-5, 'second gradient');
  });

  it('says so when a graph is gone through a second time', () => {
    const y = F.maxPool2d(image([2, 6, 5, 4]).requiresGrad_(true), options).sum();
    y.backward();
    expect(() => y.backward()).toThrow(/second time/);
  });

  it('report bad windows as libtorch does', () => {
    const x = image([2, 6, 5, 4]);
    expect(() => F.maxPool2d(x, { kernelSize: 3, padding: 2 })).toThrow(/pad should be at most/);
    expect(() => F.avgPool2d(x, { kernelSize: 3, padding: 2 })).toThrow(/pad should be at most/);
    expect(() => F.avgPool2d(x, { kernelSize: 7 })).toThrow(/too small/);
    expect(() => F.avgPool2d(x, { kernelSize: 0 })).toThrow(/greater than zero|should not be zero/);
    expect(() => F.maxPool2d(x, { kernelSize: 3, stride: 0 })).toThrow(/stride/);
    expect(() => F.globalAvgPool(torch.ones([2, 120]))).toThrow(/4 dimensions, got 2/);
    expect(F.maxPool2d(torch.ones([0, 3, 4, 4]), { kernelSize: 2 }).shape).toEqual([0, 3, 2, 2]);
  });

  it('leaves a dilated maximum to libtorch', () => {
    const x = image([2, 6, 9, 9]);
    const dilated = { kernelSize: 3, stride: 1, dilation: 2 };
    expect(F.maxPool2d(x, dilated).tolist()).toEqual(F.maxPool2d(x.contiguous(), dilated).tolist());
  });

  it('refuses a dilation by which a window lies wholly in the padding', () => {
    const options = { kernelSize: 2, stride: 2, padding: 1, dilation: 2 };
    for (const shape of [
      [1, 8, 1, 16],
      [8, 16, 1],
      [1, 8, 1, 1],
    ]) {
      const x = torch.ones(shape, { requiresGrad: true });
      expect(() => F.maxPool2d(x, options)).toThrow(/wholly in the padding: size 1/);
    }
    const x = torch.arange(4, { dtype: 'float32' }).reshape([1, 1, 2, 2]).requiresGrad_();
    const y = F.maxPool2d(x, options);
    expect(y.tolist()).toEqual([[[[3]]]]);
    y.sum().backward();
    expect(x.grad!.tolist()).toEqual([
      [
        [
          [0, 0],
          [0, 1],
        ],
      ],
    ]);
  });

  it('leaves no tensors behind', () => {
    const before = collected();
    for (let i = 0; i < 10; i++) compareAll({ shape: [2, 20, 8, 8], ...options });
    // Fewer where what other tests left has been collected.
    expect(torch.memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(torch.memory().bytes).toBeLessThanOrEqual(before.bytes);
  });
});
