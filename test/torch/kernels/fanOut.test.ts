import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../../src/torch/index.ts';
import { levels, widest } from '../simdLevels.ts';
import { channelsLast, distance, random } from './pointwiseCases.ts';

afterEach(() => torch.setSimd(widest));

/** Who reads x: 1×1 convolutions to so many channels, with the ReLU of x or not, and others. */
interface Readers {
  readonly convolutions: readonly { readonly out: number; readonly inputRelu: boolean }[];
  readonly others?: number;
}

interface Made {
  readonly x: Tensor;
  readonly weights: readonly Tensor[];
  readonly gradients: readonly Tensor[];
}

function make({ convolutions }: Readers, dtype: DType, channels: number, pixels = [2, 9, 7]): Made {
  const [n, h, w] = pixels as [number, number, number];
  const gradients = convolutions.map(({ out }) => random([n, out, h, w]).to({ dtype }));
  return {
    x: channelsLast(random([n, channels, h, w]).to({ dtype })).requiresGrad_(),
    weights: convolutions.map(({ out }) =>
      random([out, channels, 1, 1]).to({ dtype }).requiresGrad_(),
    ),
    gradients: gradients.map(channelsLast),
  };
}

/** The sum of what all readers make of it, by these weights; others give x a gradient of 2x each. */
function loss(
  readers: Readers,
  { x, gradients, ...made }: Made,
  read: Tensor,
  weights: readonly Tensor[] = made.weights,
): Tensor {
  const terms = readers.convolutions.map(({ inputRelu }, i) =>
    F.pointwise([read], [weights[i]!], { inputRelu })
      .mul(gradients[i]!.to({ dtype: x.dtype }))
      .sum(),
  );
  const others = Array.from({ length: readers.others ?? 0 }, () => read.mul(read).sum());
  return torch.stack([...terms, ...others].map((t) => t.to({ dtype: 'float64' }))).sum();
}

/** By ATen in float64, of the same numbers: of x, then of the weights. */
function exact(readers: Readers, { x, weights, gradients }: Made): Tensor[] {
  const double = (t: Tensor) => t.detach().to({ dtype: 'float64' }).requiresGrad_();
  const made = { x: double(x), weights: weights.map(double), gradients };
  loss(readers, made, made.x).backward();
  return [made.x, ...made.weights].map((t) => t.grad!);
}

const same = (a: Tensor, b: Tensor) => a.eq(b).all().item() === 1;
/** The loss by way of the fan-out, of x and its weights or of x alone. */
function fannedOut(readers: Readers, made: Made, withWeights = true): Tensor {
  const [read, ...weights] = F.fanOut(made.x, withWeights ? made.weights : []);
  return loss(readers, made, read, withWeights ? weights : made.weights);
}

const conv = (out: number, inputRelu = false) => ({ out, inputRelu });

describe.each(levels)(
  'what several operators give to one gradient, with vectors of %s',
  (level) => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      it(`is the sum of it in ${dtype}, for any readers and numbers of channels`, () => {
        torch.setSimd(level);
        const readers = fc.record({
          convolutions: fc.array(
            fc.record({ out: fc.integer({ min: 1, max: 40 }), inputRelu: fc.boolean() }),
            { maxLength: 5 },
          ),
          others: fc.integer({ min: 0, max: 2 }),
        });
        fc.assert(
          fc.property(
            readers,
            fc.integer({ min: 1, max: 70 }),
            fc.boolean(),
            (of, channels, withWeights) => {
              fc.pre(of.convolutions.length + of.others > 0);
              torch.scope(() => {
                const made = make(of, dtype, channels);
                fannedOut(of, made, withWeights).backward();
                [made.x, ...made.weights].forEach((t, i) => {
                  expect(distance(t.grad!, exact(of, made)[i]!)).toBeLessThan(5);
                });
              });
            },
          ),
          { numRuns: 25 },
        );
      });
    }
  },
);

describe('fanOut', () => {
  const three: Readers = { convolutions: [conv(5), conv(3, true), conv(4)], others: 1 };
  const gradients = ({ x, weights }: Made) => [x, ...weights].map((t) => t.grad!);
  const clear = ({ x, weights }: Made) => {
    for (const t of [x, ...weights]) t.grad = null;
  };

  it('is its input', () => {
    const x = channelsLast(random([2, 3, 4, 4])).requiresGrad_();
    const [w, v] = [random([5, 3, 1, 1]), random([2, 3, 1, 1])];
    const [y, ...weights] = F.fanOut(x, [w, v]);
    expect(weights.map((t, i) => same(t, [w, v][i]!))).toEqual([true, true]);
    expect(same(y, x)).toBe(true);
    expect(y.isContiguous('channelsLast')).toBe(true);
    expect(F.fanOut(x.detach())[0].requiresGrad).toBe(false);
  });

  it('gives one gradient, rounded once, rather than the rounded sum of rounded ones', () => {
    torch.setSimd(widest);
    const many = { convolutions: Array.from({ length: 8 }, () => conv(6)) };
    const made = make(many, 'bfloat16', 8);
    fannedOut(many, made).backward();
    const once = distance(made.x.grad!, exact(many, made)[0]!);
    clear(made);
    loss(many, made, made.x).backward();
    const often = distance(made.x.grad!, exact(many, made)[0]!);
    if (widest !== 'none') expect(once).toBeLessThanOrEqual(1);
    expect(once).toBeLessThanOrEqual(often);
  });

  it('is read by convolutions of several inputs, twice by one, and with one weight for all', () => {
    for (const dtype of ['float32', 'bfloat16'] as const) {
      for (const single of [false, true]) {
        const x = channelsLast(random([2, 6, 5, 5]).to({ dtype })).requiresGrad_();
        const other = channelsLast(random([2, 3, 5, 5]).to({ dtype })).requiresGrad_();
        const columns = single ? [15] : [6, 3, 6];
        const weights = columns.map((c) => random([4, c, 1, 1]).to({ dtype }));
        const again = random([2, 6, 1, 1]).to({ dtype });
        const total = (a: Tensor, b: Tensor, w: readonly Tensor[], v: Tensor) =>
          F.pointwise([a, b, a], w).square().sum().add(F.conv2d(a, v).square().sum());
        total(F.fanOut(x)[0], F.fanOut(other)[0], weights, again).backward();
        const double = (t: Tensor) => t.detach().to({ dtype: 'float64' });
        const leaves = [x, other].map((t) => double(t).requiresGrad_());
        total(leaves[0]!, leaves[1]!, weights.map(double), double(again)).backward();
        [x, other].forEach((t, i) => {
          expect(distance(t.grad!, leaves[i]!.grad!)).toBeLessThan(dtype === 'bfloat16' ? 3 : 5);
        });
      }
    }
  });

  it('adds the gradients of its readers up where these are not the kernels of channels-last', () => {
    const made = make(three, 'float64', 6);
    fannedOut(three, made).backward();
    const all = gradients(made);
    for (const [i, g] of exact(three, made).entries()) {
      expect(distance(all[i]!, g)).toBeLessThan(1e-6);
    }
    const plain = make(three, 'float32', 6);
    const x = plain.x.detach().contiguous().requiresGrad_();
    fannedOut(three, { ...plain, x }).backward();
    expect(distance(x.grad!, exact(three, plain)[0]!)).toBeLessThan(5);
  });

  it('gives its own gradient whole to who asks for it', () => {
    const made = make(three, 'float32', 6);
    const [read, ...by] = F.fanOut(made.x, made.weights);
    const [dx, ...dWeights] = exact(three, made);
    const known = new Map([
      [read, dx!],
      [made.x, dx!],
    ]);
    for (const [i, d] of dWeights.entries()) known.set(made.weights[i]!, d).set(by[i]!, d);
    const asked = [
      ...[[read], [made.x], [read, made.x], [by[1]!], [made.weights[1]!]],
      ...[
        [by[0]!, made.weights[0]!],
        [made.weights[0]!, read],
        [by[2]!, made.x],
      ],
      ...[
        [...by, read],
        [...made.weights, made.x],
      ],
    ];
    for (const of of asked) {
      const got = torch.grad([loss(three, made, read, by)], of, { retainGraph: true });
      of.forEach((t, i) => {
        expect(distance(got[i]!, known.get(t)!)).toBeLessThan(5);
      });
    }
  });

  it('leaves nothing where only weights want gradients', () => {
    const made = make(three, 'float32', 6);
    const of = fannedOut(three, made);
    const [got] = torch.grad([of], [made.weights[1]!], { retainGraph: true });
    const all = exact(three, made);
    expect(distance(got!, all[2]!)).toBeLessThan(5);
    of.backward();
    expect(distance(made.x.grad!, all[0]!)).toBeLessThan(5);
  });

  it('can be gone back through again, also after a pass that failed', () => {
    const made = make(three, 'float32', 6);
    const of = fannedOut(three, made);
    of.backward(undefined, { retainGraph: true });
    const [expected] = exact(three, made);
    expect(distance(made.x.grad!, expected!)).toBeLessThan(5);
    clear(made);
    // The last reader's part is left when the pass comes to a product that cannot be gone back through.
    const written = made.x.detach().clone().requiresGrad_();
    const middle = written.mul(1);
    const failing = of.add(middle.mul(middle).sum().to({ dtype: 'float64' }));
    torch.noGrad(() => middle.zero_());
    expect(() => failing.backward(undefined, { retainGraph: true })).toThrow(
      /modified by an inplace/,
    );
    clear(made);
    of.backward();
    expect(distance(made.x.grad!, expected!)).toBeLessThan(5);
  });

  it('has gradients of gradients', () => {
    const second = (fanned: boolean, dtype: DType, from: Made) => {
      const to = (t: Tensor) => t.detach().to({ dtype }).requiresGrad_();
      const made = { ...from, x: channelsLast(to(from.x)), weights: from.weights.map(to) };
      made.x.requiresGrad_();
      const of = fanned ? fannedOut(three, made) : loss(three, made, made.x);
      const [first] = torch.grad([of], [made.x], { createGraph: true });
      return torch.grad([first!.square().sum()], [...made.weights, made.x]);
    };
    const made = make(three, 'float32', 6);
    const plain = second(false, 'float64', made);
    second(true, 'float32', made).forEach((g, i) => {
      expect(distance(g!, plain[i]!)).toBeLessThan(5);
    });
  });

  it('does not depend on the number of threads', () => {
    const threads = torch.getNumThreads();
    try {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        const made = make(three, dtype, 36, [9, 31, 33]);
        const [one, two, many] = [1, 2, 3].map((n) => {
          torch.setNumThreads(n);
          clear(made);
          fannedOut(three, made).backward();
          return gradients(made);
        });
        one!.forEach((g, i) => {
          expect(same(g, two![i]!)).toBe(true);
          expect(same(g, many![i]!)).toBe(true);
        });
      }
    } finally {
      torch.setNumThreads(threads);
    }
  });

  it('keeps nothing once the graph is gone', () => {
    torch.scope(() => {
      const made = make(three, 'float32', 6);
      const { tensors } = torch.memory();
      for (let i = 0; i < 20; i++) {
        torch.scope(() => fannedOut(three, made).backward());
        clear(made);
      }
      // What other tests left may be collected meanwhile.
      expect(torch.memory().tensors).toBeLessThanOrEqual(tensors);
    });
  });

  it('gives a weight that several read by the sum of it, and one that others use too', () => {
    for (const inputRelu of [false, true]) {
      const made = make({ convolutions: [conv(5), conv(5)] }, 'float32', 6);
      const total = (x: Tensor, [w, v]: readonly Tensor[]) =>
        F.pointwise([x], [w!], { inputRelu })
          .mul(F.pointwise([x, x], [w!, w!]))
          .sum()
          .add(
            F.pointwise([x.mul(2)], [w!])
              .square()
              .sum(),
          )
          .add(F.conv2d(x, v!).square().sum())
          .add(v!.square().sum());
      const [x, ...weights] = F.fanOut(made.x, made.weights);
      total(x, weights).backward();
      const double = (t: Tensor) => t.detach().to({ dtype: 'float64' }).requiresGrad_();
      const [a, ...b] = [made.x, ...made.weights].map(double);
      total(a!, b).backward();
      gradients(made).forEach((g, i) => {
        expect(distance(g!, [a!, ...b][i]!.grad!)).toBeLessThan(5);
      });
    }
  });

  it('computes no gradient of a weight that wants none', () => {
    const made = make(three, 'float32', 6);
    made.weights[1]!.requiresGrad_(false);
    fannedOut(three, made).backward();
    expect(made.weights[1]!.grad).toBe(null);
    const [dx, first] = exact(three, made);
    expect(distance(made.x.grad!, dx!)).toBeLessThan(5);
    expect(distance(made.weights[0]!.grad!, first!)).toBeLessThan(5);
  });

  it('refuses what is no tensor', () => {
    expect(() => F.fanOut(random([2, 3, 4, 4]), [3 as unknown as Tensor])).toThrow(/fanOut/);
    expect(() => F.fanOut(3 as unknown as Tensor)).toThrow(/fanOut/);
  });
});
