import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { collectGarbage } from './garbage.ts';

const released = { code: 'ERR_RELEASED' };
const isLive = (tensor: Tensor) => {
  try {
    return tensor.numel() >= 0;
  } catch (error) {
    expect(error).toMatchObject(released);
    return false;
  }
};

describe('scope', () => {
  it('releases what was made in it', () => {
    let inner: Tensor | undefined;
    torch.scope(() => {
      inner = torch.ones([2]);
      expect(isLive(inner)).toBe(true);
    });
    expect(isLive(inner!)).toBe(false);
    expect(() => inner!.add(1)).toThrow(
      /add: input: expected a live Tensor, got one that was released; its scope has ended/,
    );
  });

  it('keeps what it returns, wherever that is in the value', () => {
    const one = () => torch.ones([1]);
    const kept = torch.scope(() => ({
      array: [one(), [one()]],
      map: new Map([['key', one()]]),
      object: { nested: { deep: one() } },
      bare: Object.assign(Object.create(null), { tensor: one() }) as { tensor: Tensor },
      other: [1, 'text', null, undefined, Symbol.iterator],
    }));
    const [first, rest] = kept.array as [Tensor, Tensor[]];
    const tensors = [first, rest[0]!, kept.map.get('key')!, kept.object.nested.deep];
    expect([...tensors, kept.bare.tensor].map(isLive)).toEqual(Array(5).fill(true));
    expect(isLive(torch.scope(one))).toBe(true);
  });

  it('keeps nothing that is hidden in an instance of a class', () => {
    class Holder {
      readonly tensor = torch.ones([1]);
    }
    expect(isLive(torch.scope(() => new Holder()).tensor)).toBe(false);
  });

  it('gives what it keeps to the scope outside', () => {
    let middle: Tensor | undefined;
    const outer = torch.scope(() => {
      middle = torch.scope(() => torch.ones([1]));
      const returned = torch.scope(() => [torch.ones([2])]);
      expect([isLive(middle), isLive(returned[0]!)]).toEqual([true, true]);
      return returned;
    });
    expect([isLive(middle!), isLive(outer[0]!)]).toEqual([false, true]);
  });

  it('leaves alone what was made outside, returned or not', () => {
    const outside = torch.ones([1]);
    const same = torch.scope(() => {
      outside.add(1);
      return torch.scope(() => outside);
    });
    expect(same).toBe(outside);
    torch.scope(() => {});
    expect(isLive(outside)).toBe(true);
  });

  it('keeps one tensor that is returned twice', () => {
    const [a, b] = torch.scope(() => {
      const tensor = torch.ones([1]);
      return [tensor, tensor];
    });
    expect([a === b, isLive(a!)]).toEqual([true, true]);
  });

  it('ends when its function throws, and releases everything', () => {
    collectGarbage();
    const before = collected().tensors;
    expect(() =>
      torch.scope(() => {
        torch.ones([1]);
        torch.scope(() => {
          torch.ones([1]).reshape([2]);
        });
      }),
    ).toThrow(/reshape/);
    expect(torch.memory().tensors).toBe(before);
    let after: Tensor | undefined;
    torch.scope(() => {
      after = torch.ones([1]);
    });
    expect(isLive(after!)).toBe(false);
  });

  it('refuses asynchronous functions', async () => {
    collectGarbage();
    const before = collected().tensors;
    expect(() => torch.scope(async () => torch.ones([1]))).toThrow(
      /scope: fn: expected a synchronous function, got an object of type Promise/,
    );
    expect(() => torch.scope(() => Promise.reject(new Error('unhandled')))).toThrow(/scope: fn/);
    expect(torch.memory().tensors).toBe(before);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('needs a function', () => {
    expect(() => torch.scope(undefined as never)).toThrow(/scope: fn: expected a function/);
  });

  it('keeps alive what a graph or a grad needs', () => {
    const x = torch.ones([3], { requiresGrad: true });
    const y = torch.scope(() => x.mul(2).exp().sum());
    y.backward();
    expect(x.grad!.sum().item()).toBeCloseTo(6 * Math.exp(2), 4);
    torch.scope(() => {
      x.grad = torch.ones([3]);
    });
    expect(x.grad!.tolist()).toEqual([1, 1, 1]);
  });
});

describe('dispose', () => {
  it('releases at once, and may be done twice', () => {
    const x = torch.ones([1]);
    x.dispose();
    x.dispose();
    expect(() => x.tolist()).toThrow(expect.objectContaining(released));
    torch.scope(() => {
      const inner = torch.ones([1]);
      inner.dispose();
      inner.dispose();
    });
  });

  it('never makes a stale tensor another one', () => {
    const x = torch.ones([1]);
    x.dispose();
    const later = Array.from({ length: 50 }, () => torch.zeros([1]));
    expect(isLive(x)).toBe(false);
    x.dispose();
    expect(later.every(isLive)).toBe(true);
  });

  it('leaves views and graphs of the tensor whole', () => {
    const base = torch.arange(4, { dtype: 'float32' });
    const view = base.slice(0, 2, 4);
    base.dispose();
    expect(view.tolist()).toEqual([2, 3]);
  });

  it.each([
    ['a method', (x: Tensor) => x.add(1)],
    ['the other operand', (x: Tensor) => torch.ones([1]).add(x)],
    ['an element of a list', (x: Tensor) => torch.cat([torch.ones([1]), x])],
    [
      'an option',
      (x: Tensor) =>
        torch.functional.conv2d(torch.ones([1, 1, 1, 1]), torch.ones([1, 1, 1, 1]), { bias: x }),
    ],
    ['in place', (x: Tensor) => x.add_(1)],
    ['metadata', (x: Tensor) => x.shape],
    ['backward', (x: Tensor) => x.backward()],
    ['torch.call', (x: Tensor) => torch.call('aten::neg', x)],
    ['an optimiser', (x: Tensor) => new torch.SGD([x], { lr: 1 }).step()],
  ])('makes further use an error: %s', (_, use) => {
    const x = torch.ones([1]);
    x.dispose();
    expect(() => use(x)).toThrow(expect.objectContaining(released));
  });
});

describe('memory', () => {
  it('counts tensors, and the bytes behind them once', () => {
    collectGarbage();
    torch.scope(() => {
      const before = collected();
      const x = torch.zeros([10, 10]);
      const views = [x.view([100]), x.select(0, 1)];
      const other = torch.zeros([3], { dtype: 'float64' });
      const after = torch.memory();
      expect(after.tensors - before.tensors).toBe(2 + views.length);
      expect(after.bytes - before.bytes).toBe(400 + 24);
      other.dispose();
      expect(torch.memory().bytes - before.bytes).toBe(400);
    });
  });

  it('is after 5,000 training steps what it was before', () => {
    const params = [
      torch.randn([8, 4], { seed: 1, requiresGrad: true }),
      torch.zeros([8], { requiresGrad: true }),
    ] as const;
    const x = torch.randn([16, 4], { seed: 2 });
    const target = torch.randint(0, 8, [16], { seed: 3 });
    const optimisers = [
      new torch.SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
      new torch.Adam(params, { lr: 0.01 }),
    ];
    const step = (i: number) =>
      torch.scope(() => {
        const logits = torch.functional.linear(x, ...params).relu();
        const loss = torch.functional.crossEntropy(logits, target);
        optimisers[i % 2]!.zeroGrad();
        loss.backward();
        torch.clipGradNorm(params, 1);
        optimisers[i % 2]!.step();
        return loss.item();
      });
    const first = step(0);
    collectGarbage();
    const { tensors, bytes } = collected();
    let last = first;
    for (let i = 1; i <= 5_000; i++) last = step(i);
    expect(torch.memory()).toEqual({ tensors, bytes });
    expect(last).toBeLessThan(first);
  });
});
