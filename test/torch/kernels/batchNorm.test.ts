import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { collected } from '../../collected.ts';
import { expectClose } from '../parity/close.ts';

const F = torch.functional;
const levels: readonly torch.SimdLevel[] = ['avx2', 'avx512', 'avx512bf16'];
const widest = torch.getSimd();

interface Case {
  readonly shape: readonly number[];
  readonly dtype?: torch.DType;
  readonly training?: boolean;
  readonly affine?: boolean;
  readonly running?: boolean;
  readonly add?: boolean;
  readonly relu?: boolean;
  /** Leaves NCHW as it is made. */
  readonly contiguous?: boolean;
}

const named = (one: Case) => JSON.stringify(one).replaceAll(/["{}]/g, '');
const leaf = (tensor: torch.Tensor, dtype: torch.DType) =>
  tensor.detach().to({ dtype }).requiresGrad_(true);
const double = (tensor: torch.Tensor) => tensor.detach().to({ dtype: 'float64' });

const ofChannels = (dtype?: torch.DType) => (dtype === 'float64' ? 'float64' : 'float32');

function inputs({ shape, dtype = 'float32', contiguous = false, ...one }: Case) {
  const image = (scale: number, shift: number) => {
    const x = torch.randn(shape).mul(scale).add(shift);
    const inOrder = shape.length === 4 && !contiguous;
    return leaf(inOrder ? x.contiguous({ memoryFormat: 'channelsLast' }) : x, dtype);
  };
  const channels = [shape[1]!];
  const { affine = true, add = false } = one;
  return {
    x: image(2, 1),
    weight: affine ? leaf(torch.randn(channels), ofChannels(dtype)) : undefined,
    bias: affine ? leaf(torch.randn(channels), ofChannels(dtype)) : undefined,
    add: add ? image(1, 0) : undefined,
  };
}

const runningOf = ({ shape, dtype, running = false, training = true }: Case) =>
  running || !training
    ? {
        runningMean: torch.randn([shape[1]!], { seed: 5, dtype: ofChannels(dtype) }),
        runningVar: torch.rand([shape[1]!], { seed: 6, dtype: ofChannels(dtype) }).add(0.5),
      }
    : {};

const batchNormOf = (
  { x, weight, bias, add }: ReturnType<typeof inputs>,
  one: Case,
  running: { runningMean?: torch.Tensor; runningVar?: torch.Tensor },
) =>
  F.batchNorm(x, {
    ...(weight !== undefined && { weight }),
    ...(bias !== undefined && { bias }),
    ...(add !== undefined && { add }),
    training: one.training ?? true,
    relu: one.relu ?? false,
    ...running,
  });

/** relu?(bn(x) + add?) in double precision by libtorch's operators, from the same values. */
function reference(one: Case, values: ReturnType<typeof inputs>) {
  const of = (x: torch.Tensor | undefined) => (x === undefined ? undefined : leaf(x, 'float64'));
  const [x, weight, bias, add] = [values.x, values.weight, values.bias, values.add].map(of);
  const running = Object.entries(runningOf(one)).map(([key, value]) => [key, double(value)]);
  const options = { weight, bias, training: one.training ?? true, ...Object.fromEntries(running) };
  let y = F.batchNorm(x!, options);
  if (add !== undefined) y = y.add(add);
  if (one.relu === true) y = y.relu();
  return { y, x: x!, weight, bias, add, running: Object.fromEntries(running) };
}

/** The output, all gradients and the running statistics against the reference. */
function compare(one: Case): void {
  torch.scope(() => {
    const values = inputs(one);
    const wanted = reference(one, values);
    const running: { runningMean?: torch.Tensor; runningVar?: torch.Tensor } = runningOf(one);
    const y = batchNormOf(values, one, running);
    const dy = torch.randn(y.shape).to({ dtype: y.dtype });
    y.backward(dy);
    wanted.y.backward(double(dy));
    const close = (name: string, actual: torch.Tensor | null, expected: torch.Tensor | null) => {
      const bound = actual!.dtype === 'float32' ? 1e-5 : 4e-3; // half a unit of bf16's last place
      expectClose(double(actual!), expected!, bound, `${name} of ${named(one)}`, 0.1);
    };
    expect(y.dtype).toBe(values.x.dtype);
    close('y', y, wanted.y);
    close('dx', values.x.grad, wanted.x.grad);
    for (const name of ['weight', 'bias', 'add'] as const) {
      if (values[name] === undefined) continue;
      expect(values[name].grad!.dtype).toBe(values[name].dtype);
      close(`gradient of ${name}`, values[name].grad, wanted[name]!.grad);
    }
    for (const [name, value] of Object.entries(running)) {
      close(name, value!, wanted.running[name]!);
    }
    if (one.shape.length === 4 && one.contiguous !== true) {
      for (const image of [y, values.x.grad!]) {
        expect(image.isContiguous('channelsLast')).toBe(true);
      }
    }
  });
}

beforeEach(() => torch.manualSeed(1));
afterEach(() => torch.setSimd(widest));

const variants: readonly Omit<Case, 'shape'>[] = [true, false].flatMap((training) =>
  [true, false].flatMap((add) => [true, false].map((relu) => ({ training, add, relu }))),
);

describe.each(levels)('batchNorm (%s)', (level) => {
  beforeEach(() => torch.setSimd(level));

  it('has the values and gradients of the composition in double precision', () => {
    for (const variant of variants) {
      for (const dtype of ['float32', 'bfloat16'] as const) {
        compare({ ...variant, dtype, running: true, shape: [3, 36, 7, 5] });
        compare({ ...variant, dtype, shape: [33, 20] });
        compare({ ...variant, dtype, affine: false, shape: [2, 5, 1, 9] });
      }
    }
  });

  it('does so for any number of channels', () => {
    for (let channels = 1; channels <= 70; channels++) {
      const dtype = channels % 3 === 0 ? 'bfloat16' : 'float32';
      const variant = variants[channels % variants.length]!;
      compare({ ...variant, dtype, shape: [3, channels, 3, 5] });
      compare({ ...variant, dtype, shape: [17, channels] });
    }
  });

  it('does so over many pieces of work, the last one ragged', () => {
    compare({ shape: [5, 36, 33, 31], add: true, relu: true });
    compare({ shape: [5, 35, 33, 31], relu: true, dtype: 'bfloat16' });
    compare({ shape: [70, 1001], relu: true, running: true });
    compare({ shape: [1, 6, 1, 2] });
  });

  it('loses nothing of a variance beside a large mean', () => {
    torch.scope(() => {
      const rows = 40_000;
      const x = torch.randn([rows, 3], { dtype: 'float64' }).add(1e3).to({ dtype: 'float32' });
      const runningMean = torch.zeros([3]);
      const runningVar = torch.zeros([3]);
      const y = F.batchNorm(x, { training: true, runningMean, runningVar, momentum: 1 });
      const exact = double(x);
      expectClose(double(runningMean), exact.mean(0), 1e-7, 'mean');
      expectClose(double(runningVar), exact.variance(0), 1e-6, 'variance');
      const centred = exact.sub(exact.mean(0));
      expectClose(double(y), centred.div(exact.std(0, { correction: 0 })), 2e-5, 'y');
    });
  });
});

describe('batchNorm', () => {
  it('gives the same bits whatever the number of threads', () => {
    const threads = torch.getNumThreads();
    const run = () =>
      torch.scope(() => {
        torch.manualSeed(3);
        const { x, weight, bias } = inputs({ shape: [9, 36, 32, 32] });
        const y = F.batchNorm(x, { weight: weight!, bias: bias!, training: true, relu: true });
        y.backward(torch.randn(y.shape));
        return [y, x.grad!, weight!.grad!, bias!.grad!].map((t) => t.contiguous().toTypedArray());
      });
    const bits = [1, 2, 3].map((count) => {
      torch.setNumThreads(count);
      return run();
    });
    torch.setNumThreads(threads);
    expect(bits[1]).toEqual(bits[0]);
    expect(bits[2]).toEqual(bits[0]);
  });

  it('has the slope of finite differences', () => {
    const x = leaf(
      torch.randn([4, 3, 2, 2]).contiguous({ memoryFormat: 'channelsLast' }),
      'float32',
    );
    const weight = leaf(torch.tensor([0.5, -1, 2]), 'float32');
    const dy = torch.randn(x.shape);
    const loss = () => F.batchNorm(x, { weight, training: true, add: x, relu: true }).mul(dy).sum();
    loss().backward();
    const h = 1e-2;
    for (const [n, c, i, j] of [
      [0, 0, 0, 0],
      [1, 2, 0, 1],
      [3, 1, 1, 1],
    ] as const) {
      const at = (delta: number) =>
        torch.noGrad(() => {
          const element = x.select(0, n).select(0, c).select(0, i).select(0, j);
          element.add_(delta);
          const value = loss().item();
          element.sub_(delta);
          return value;
        });
      const slope = (at(h) - at(-h)) / (2 * h);
      const gradient = x.grad!.select(0, n).select(0, c).select(0, i).select(0, j).item();
      expect(Math.abs(gradient - slope)).toBeLessThan(2e-2 * Math.max(1, Math.abs(slope)));
    }
  });

  it('is left to libtorch where there are no vector instructions', () => {
    torch.setSimd('none');
    for (const variant of variants) compare({ ...variant, running: true, shape: [3, 6, 4, 5] });
  });

  it.each<Case>([
    { shape: [3, 6, 4, 5], contiguous: true },
    { shape: [3, 6, 4] },
    { shape: [3, 6, 2, 2, 2] },
    { shape: [3, 6, 4, 5], dtype: 'float64' },
  ])('leaves %o to libtorch', (one) => {
    for (const variant of variants) compare({ ...variant, ...one });
  });

  it('takes an input with gaps, and an add or a gradient in another layout', () => {
    const x = leaf(
      torch.randn([4, 6, 3, 3]).contiguous({ memoryFormat: 'channelsLast' }),
      'float32',
    );
    const add = torch.randn([4, 6, 3, 3]);
    const expected = F.batchNorm(x.contiguous(), { training: true }).add(add).relu();
    const y = F.batchNorm(x, { training: true, add, relu: true });
    expectClose(y.detach(), expected.detach(), 1e-6, 'add in another layout');
    const [wide] = torch.grad([F.batchNorm(x, { training: true, relu: true }).sum()], [x]);
    const [aten] = torch.grad([F.batchNorm(x.contiguous(), { training: true }).relu().sum()], [x]);
    expectClose(wide!, aten!, 1e-6, 'expanded gradient', 1);
    const gaps = x.detach().slice(1, 0, 6, 2);
    expectClose(
      F.batchNorm(gaps, { training: true }),
      F.batchNorm(gaps.contiguous(), { training: true }),
      1e-6,
      'gaps',
    );
  });

  it('adds the gradients of an input that is also what is added', () => {
    const x = leaf(torch.randn([8, 5]), 'float32');
    const x64 = leaf(x, 'float64');
    F.batchNorm(x, { training: true, add: x, relu: true }).square().sum().backward();
    F.batchNorm(x64, { training: true }).add(x64).relu().square().sum().backward();
    expectClose(double(x.grad!), x64.grad!, 1e-5, 'dx');
  });

  it('can be differentiated twice', () => {
    for (const variant of [{}, { relu: true }, { relu: true, add: true }, { training: false }]) {
      const one: Case = { shape: [6, 3, 2, 2], ...variant };
      const values = inputs(one);
      const wanted = reference(one, values);
      const y = batchNormOf(values, one, runningOf(one));
      const second = (out: torch.Tensor, x: torch.Tensor, weight: torch.Tensor) => {
        const [dx] = torch.grad([out.pow(3).sum()], [x], { createGraph: true });
        return torch.grad([dx!.square().sum()], [x, weight]);
      };
      const got = second(y, values.x, values.weight!);
      const expected = second(wanted.y, wanted.x, wanted.weight!);
      got.forEach((g, i) => {
        expectClose(double(g!), expected[i]!, 1e-4, `second gradient ${i} of ${named(one)}`);
      });
    }
  });

  it('gives a gradient to the only input that wants one', () => {
    const x = torch.randn([7, 4]);
    for (const name of ['weight', 'bias', 'add'] as const) {
      const value = leaf(name === 'add' ? torch.randn([7, 4]) : torch.randn([4]), 'float32');
      const value64 = leaf(value, 'float64');
      F.batchNorm(x, { training: true, [name]: value, relu: true })
        .square()
        .sum()
        .backward();
      const y64 = F.batchNorm(double(x), {
        training: true,
        ...(name !== 'add' && { [name]: value64 }),
      });
      (name === 'add' ? y64.add(value64) : y64).relu().square().sum().backward();
      expectClose(double(value.grad!), value64.grad!, 1e-5, name);
    }
  });

  it('says so when a graph is gone through a second time', () => {
    const x = leaf(torch.randn([4, 3]), 'float32');
    const y = F.batchNorm(x, { training: true, relu: true }).sum();
    y.backward();
    expect(() => y.backward()).toThrow(/second time/);
  });

  it('notices an input that was changed after it was saved', () => {
    const x = leaf(torch.randn([4, 3]), 'float32').mul(1);
    const y = F.batchNorm(x, { training: true });
    x.add_(1);
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
  });

  it('treats bad input and nothing at all as libtorch does', () => {
    const x = torch.randn([4, 3]);
    expect(() => F.batchNorm(x, { training: true, weight: torch.ones([4]) })).toThrow(
      /weight.*3|3.*weight/,
    );
    const [runningMean, runningVar] = [torch.zeros([3]).to({ dtype: 'bfloat16' }), torch.ones([3])];
    expect(() =>
      F.batchNorm(torch.ones([4, 3]).to({ dtype: 'bfloat16' }), {
        training: false,
        runningMean,
        runningVar,
      }),
    ).toThrow("runningVar: expected runningMean's dtype BFloat16, got Float");
    expect(() => F.batchNorm(x, { training: false })).toThrow(/running_mean/);
    expect(() => F.batchNorm(x, { training: true, add: torch.ones([5, 3]) })).toThrow(/size/);
    expect(() => F.batchNorm(x, { training: true, rellu: true } as never)).toThrow(/relu/);
    expect(F.batchNorm(torch.ones([0, 3]), { training: true }).shape).toEqual([0, 3]);
    expect(() => F.batchNorm(torch.ones([3]), { training: true })).toThrow();
  });

  it('keeps NaN to its channel', () => {
    const x = torch.tensor([
      [1, Number.NaN],
      [3, 2],
    ]);
    const y = F.batchNorm(x, { training: true, relu: true }).tolist() as number[][];
    expect(y[1]![0]).toBeCloseTo(1, 4);
    expect([y[0]![1], y[1]![1]]).toEqual([Number.NaN, Number.NaN]);
  });

  it('leaves no tensors behind', () => {
    const before = collected();
    for (let i = 0; i < 20; i++) compare({ shape: [4, 20, 8, 8], add: true, relu: true });
    // Fewer where what other tests left has been collected.
    expect(torch.memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(torch.memory().bytes).toBeLessThanOrEqual(before.bytes);
  });
});
