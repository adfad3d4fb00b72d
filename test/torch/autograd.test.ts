import { describe, expect, it } from 'vitest';
import { native } from '../../src/torch/addon.ts';
import * as torch from '../../src/torch/index.ts';

const leaf = (values: readonly number[]) => torch.tensor(values, { requiresGrad: true });

describe('backward', () => {
  it('accumulates into the leaves', () => {
    const x = leaf([1, 2]);
    x.square().sum().backward();
    expect(x.grad!.tolist()).toEqual([2, 4]);
    x.square().sum().backward();
    expect(x.grad!.tolist()).toEqual([4, 8]);
  });

  it('takes the vector of a vector-Jacobian product', () => {
    const x = leaf([1, 2]);
    x.mul(3).backward(torch.tensor([1, 10]));
    expect(x.grad!.tolist()).toEqual([3, 30]);
  });

  it('goes through a graph again only when that is kept', () => {
    const x = leaf([3]);
    const y = x.square().sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(x.grad!.tolist()).toEqual([12]);
    expect(() => y.backward()).toThrow(/backward: Trying to backward through the graph a second/);
  });

  it('needs a scalar, and something that was recorded', () => {
    expect(() => leaf([1, 2]).mul(2).backward()).toThrow(
      /backward: grad can be implicitly created/,
    );
    expect(() => torch.ones([]).backward()).toThrow(/backward: .*does not require grad/);
    expect(() =>
      leaf([1])
        .sum()
        .backward(torch.ones([2])),
    ).toThrow(/backward: expected a gradient of shape \[\], got \[2\]/);
  });

  it('notices a tensor that was changed after it was saved', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    y.add_(1);
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
  });

  it('goes through a tensor multiplied or divided by itself in place', () => {
    const x = leaf([3, 5]);
    const y = x.mul(1);
    y.mul_(y).sum().backward();
    expect(x.grad!.tolist()).toEqual([6, 10]);
    x.grad = null;
    const z = x.mul(1);
    z.div_(z).sum().backward();
    expect(z.tolist()).toEqual([1, 1]);
    expect((x.grad as torch.Tensor | null)!.abs().max().item()).toBeLessThan(1e-6);
  });

  it('frees a tensor that was multiplied or divided by itself in place', () => {
    const x = torch.ones([2 ** 18], { requiresGrad: true });
    const once = () =>
      torch.scope(() => {
        const y = x.mul(1);
        y.mul_(y);
        y.div_(y);
      });
    once();
    const before = native.bytesInUse();
    for (let i = 0; i < 10; i++) once();
    // A MiB for each of y's values.
    expect(native.bytesInUse() - before).toBeLessThan(2 ** 20);
  });

  it('goes through a graph that is very deep', () => {
    const x = leaf([1]);
    torch.scope(() => {
      let y = x.mul(1);
      for (let i = 0; i < 20_000; i++) y = y.add(x);
      y.sum().backward();
    });
    expect(x.grad!.item()).toBe(20_001);
  });
});

describe('a gradient with a graph of its own', () => {
  const options = { createGraph: true };

  it('is freed with its leaf, though each leads to the other', () => {
    const once = () =>
      torch.scope(() => {
        const x = torch.ones([2 ** 18], { requiresGrad: true });
        const y = torch.ones([2 ** 18], { requiresGrad: true });
        x.square().mul(y).sum().backward(undefined, options);
      });
    once();
    const before = native.bytesInUse();
    for (let i = 0; i < 10; i++) once();
    // A MiB for each leaf and each gradient.
    expect(native.bytesInUse() - before).toBeLessThan(2 ** 20);
  });

  it('outlives its leaf where a tensor stands for it', () => {
    const [grad, x] = torch.scope(() => {
      const y = leaf([1, 2]);
      y.pow(3).sum().backward(undefined, options);
      return [y.grad!, y.contiguous()];
    });
    expect(grad.tolist()).toEqual([3, 12]);
    // The same leaf: another tensor stands for it.
    expect(x.grad!.tolist()).toEqual([3, 12]);
    expect(torch.grad([x.grad!.sum()], [x])[0]!.tolist()).toEqual([6, 12]);
    x.dispose();
    expect(grad.tolist()).toEqual([3, 12]);
  });
});

describe('grad of a tensor', () => {
  it('is null before, can be set, and cleared', () => {
    const x = leaf([1, 2]);
    expect(x.grad).toBeNull();
    x.grad = torch.tensor([5, 6]);
    x.sum().backward();
    expect(x.grad!.tolist()).toEqual([6, 7]);
    x.grad = null;
    expect(x.grad).toBeNull();
  });

  it('has the shape and dtype of its tensor', () => {
    const x = leaf([1, 2]);
    for (const [grad, message] of [
      [torch.ones([3]), /setGrad: expected a gradient of shape \[2\], got \[3\]/],
      [torch.ones([2], { dtype: 'float64' }), /setGrad: expected a gradient of the tensor's dtype/],
      [x, /setGrad: expected a tensor other than the one/],
      [5 as never, /setGrad: grad: expected a Tensor, got 5/],
    ] as const) {
      expect(() => {
        x.grad = grad;
      }).toThrow(message);
    }
  });

  it('belongs to leaves that require one', () => {
    const x = torch.ones([1]);
    expect([x.requiresGrad, x.isLeaf]).toEqual([false, true]);
    expect(x.requiresGrad_()).toBe(x);
    const y = x.mul(2);
    expect([x.requiresGrad, y.requiresGrad, y.isLeaf]).toEqual([true, true, false]);
    expect(x.requiresGrad_(false).requiresGrad).toBe(false);
    expect(() => torch.arange(2).requiresGrad_()).toThrow(
      /requiresGrad_: only Tensors of floating/i,
    );
    expect(() => y.requiresGrad_(false)).toThrow(/requiresGrad_: /);
  });

  it('stops at detach', () => {
    const x = leaf([2]);
    x.mul(x.detach()).sum().backward();
    expect(x.grad!.tolist()).toEqual([2]);
  });
});

describe('torch.grad', () => {
  it('gives gradients and leaves grad alone', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    const [byX, byY] = torch.grad([x.mul(y).sum()], [x, y]);
    expect([byX!.item(), byY!.item()]).toEqual([3, 2]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  it('gives null for an input that is not used, when allowed', () => {
    const [x, y] = [leaf([2]), leaf([3])];
    expect(() => torch.grad([x.sum()], [x, y])).toThrow(
      /grad: .*differentiated Tensors appears to not have been used/,
    );
    const [byX, byY] = torch.grad([x.sum()], [x, y], { allowUnused: true });
    expect([byX!.item(), byY]).toEqual([1, null]);
  });

  it('multiplies with gradOutputs', () => {
    const x = leaf([1, 2]);
    const [gradient] = torch.grad([x.square()], [x], { gradOutputs: [torch.tensor([1, -1])] });
    expect(gradient!.tolist()).toEqual([2, -4]);
    const give = (gradOutputs: torch.Tensor[]) => torch.grad([x.square()], [x], { gradOutputs });
    expect(() => give([torch.ones([1])])).toThrow(
      /grad: expected a gradient of shape \[2\], got \[1\]/,
    );
    expect(() => give([])).toThrow(/grad: expected a gradient for each of 1 outputs, got 0/);
  });

  it('gives second derivatives with createGraph', () => {
    const x = leaf([2]);
    const [first] = torch.grad([x.pow(3).sum()], [x], { createGraph: true });
    const [second] = torch.grad([first!.sum()], [x]);
    expect([first!.item(), second!.item()]).toEqual([12, 12]);
    x.pow(3).sum().backward(undefined, { createGraph: true });
    expect(x.grad!.requiresGrad).toBe(true);
    x.grad = null;
  });
});

describe('noGrad', () => {
  it('records nothing inside, also when nested', () => {
    const x = leaf([1]);
    const [inner, after] = torch.noGrad(() => {
      torch.noGrad(() => x.mul(2));
      return [x.mul(2), x.mul(3)];
    });
    expect([inner!.requiresGrad, after!.requiresGrad]).toEqual([false, false]);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it('ends when its function throws', () => {
    const x = leaf([1]);
    expect(() =>
      torch.noGrad(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(() => torch.noGrad(() => x.reshape([2]))).toThrow(/reshape/);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it('refuses asynchronous functions, and ends nonetheless', async () => {
    expect(() => torch.noGrad(async () => {})).toThrow(
      /noGrad: fn: expected a synchronous function, got an object of type Promise; await outside/,
    );
    expect(() => torch.noGrad(() => Promise.reject(new Error('unhandled')))).toThrow(/noGrad: fn/);
    expect(leaf([1]).mul(2).requiresGrad).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('does not stop a leaf from being made', () => {
    expect(torch.noGrad(() => torch.ones([1], { requiresGrad: true })).requiresGrad).toBe(true);
  });

  it('needs a function', () => {
    expect(() => torch.noGrad(5 as never)).toThrow(/noGrad: fn: expected a function, got 5/);
  });
});
