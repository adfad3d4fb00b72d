import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { type DType, functional as F, type Tensor } from '../../src/torch/index.ts';

let seed = 0;
const random = (shape: readonly number[]) => torch.randn(shape, { seed: ++seed });
const channelsLast = (x: Tensor) => x.contiguous({ memoryFormat: 'channelsLast' });
const leaf = (x: Tensor) => x.detach().requiresGrad_();

interface Case {
  /** N, C, H, W */
  readonly input: readonly [number, number, number, number];
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly inputRelu?: boolean;
  readonly weightDtype?: DType;
}

function make({ input, out, kernel, padding, weightDtype = 'float32' }: Case) {
  const [n, c, h, w] = input;
  const x = leaf(channelsLast(random(input).to({ dtype: 'bfloat16' })));
  const weight = leaf(random([out, c, ...kernel]).to({ dtype: weightDtype }));
  const size = [h + 2 * padding[0] - kernel[0] + 1, w + 2 * padding[1] - kernel[1] + 1];
  const dy = channelsLast(random([n, out, ...size]).to({ dtype: 'bfloat16' }));
  return { x, weight, dy };
}

/** By ATen in float64, of the same numbers: y and the gradients. */
function reference({ x, weight, dy }: ReturnType<typeof make>, options: F.Conv2dOptions): Tensor[] {
  const [input, w] = [x, weight].map((t) =>
    t.detach().to({ dtype: 'bfloat16' }).to({ dtype: 'float64' }).requiresGrad_(),
  );
  const { inputRelu, ...rest } = options;
  const y = F.conv2d(inputRelu ? input!.relu() : input!, w!, rest);
  y.backward(dy.to({ dtype: 'float64' }));
  return [y, input!.grad!, w!.grad!];
}

function ours({ x, weight, dy }: ReturnType<typeof make>, options: F.Conv2dOptions): Tensor[] {
  const y = F.conv2d(x, weight, options);
  y.backward(dy);
  return [y, x.grad!, weight.grad!];
}

/** How far off, in roundings to the dtype of numbers as large as the largest here. */
function distance(got: Tensor, exact: Tensor): number {
  expect(got.shape).toEqual(exact.shape);
  const scale = exact.abs().max().item() || 1;
  const off = got.to({ dtype: 'float64' }).sub(exact).abs().max().item();
  return off / scale / (got.dtype === 'bfloat16' ? 2 ** -8 : 1e-6);
}

function check(of: Case): void {
  torch.scope(() => {
    const made = make(of);
    const options = { padding: of.padding, inputRelu: of.inputRelu ?? false };
    const expected = reference(made, options);
    ours(made, options).forEach((result, i) => {
      expect(distance(result, expected[i]!)).toBeLessThan(result.dtype === 'bfloat16' ? 1 : 5);
    });
  });
}

torch.setSimd('amx');
const tiles = torch.getSimd() === 'amx';

describe.runIf(tiles)('convolution of bf16 images in tiles', () => {
  it.each([
    [3, 1],
    [5, 2],
    [7, 3],
    [2, 1],
  ])('a kernel of %i × %i that keeps height and width', (k, p) => {
    for (const inputRelu of [false, true]) {
      for (const size of [4, 8, 16, 32] as const) {
        check({ input: [2, 36, size, size], out: 36, kernel: [k, k], padding: [p, p], inputRelu });
      }
    }
  });

  it('any number of channels from 1 to 70', () => {
    for (let c = 1; c <= 70; c++) {
      const out = ((c * 29) % 70) + 1;
      check({ input: [1, c, 5, 6], out, kernel: [3, 3], padding: [1, 1], inputRelu: c % 2 === 0 });
    }
  });

  it('kernels and images that are not square, any padding, single pixels', () => {
    check({ input: [3, 5, 7, 9], out: 6, kernel: [3, 5], padding: [0, 2] });
    check({ input: [1, 5, 9, 4], out: 20, kernel: [5, 2], padding: [4, 0] });
    check({ input: [1, 4, 3, 3], out: 3, kernel: [3, 3], padding: [0, 0], inputRelu: true });
    check({ input: [1, 4, 1, 1], out: 3, kernel: [3, 3], padding: [1, 1] });
    check({ input: [2, 4, 1, 300], out: 3, kernel: [3, 3], padding: [2, 2], inputRelu: true });
  });

  it('weights of bf16, whose gradient is bf16', () => {
    check({
      input: [2, 6, 5, 5],
      out: 4,
      kernel: [3, 3],
      padding: [1, 1],
      weightDtype: 'bfloat16',
    });
  });

  it('more images than there are parts', () => {
    check({ input: [35, 4, 6, 6], out: 5, kernel: [3, 3], padding: [1, 1] });
  });

  const of: Case = { input: [5, 6, 5, 5], out: 4, kernel: [3, 3], padding: [1, 1] };

  it('does not depend on the number of threads', () => {
    const threads = torch.getNumThreads();
    const made = make({ ...of, input: [37, 6, 9, 9] });
    const dy = channelsLast(random([37, 4, 9, 9]).to({ dtype: 'bfloat16' }));
    try {
      const [one, two, three] = [1, 2, 3].map((n) => {
        torch.setNumThreads(n);
        made.x.grad = null;
        made.weight.grad = null;
        return ours({ ...made, dy }, { padding: 1 });
      });
      one!.forEach((x, i) => {
        expect(x.eq(two![i]!).all().item() && x.eq(three![i]!).all().item()).toBe(1);
      });
    } finally {
      torch.setNumThreads(threads);
    }
  });

  it('gives gradients only to what wants them, in the layout of the input', () => {
    const made = make(of);
    const expected = reference(made, { padding: 1 });
    for (const wanted of [1, 2]) {
      made.x.grad = null;
      made.weight.grad = null;
      made.x.requiresGrad_(wanted === 1);
      made.weight.requiresGrad_(wanted === 2);
      F.conv2d(made.x, made.weight, { padding: 1 }).backward(made.dy);
      const [has, not] = wanted === 1 ? [made.x, made.weight] : [made.weight, made.x];
      expect(distance(has!.grad!, expected[wanted]!)).toBeLessThan(5);
      expect(not!.grad).toBe(null);
      if (wanted === 1) expect(made.x.grad!.isContiguous('channelsLast')).toBe(true);
    }
  });

  it('takes a gradient of any layout, and has gradients of gradients', () => {
    const { x, weight, dy } = make(of);
    const plain = dy.contiguous().expand(dy.shape);
    const [dx] = torch.grad([F.conv2d(x, weight, { padding: 1, inputRelu: true })], [x], {
      gradOutputs: [plain],
      createGraph: true,
    });
    const [second] = torch.grad([dx!.square().sum()], [weight]);
    const [x64, w64] = [x, weight].map((t) =>
      t.detach().to({ dtype: 'bfloat16' }).to({ dtype: 'float64' }).requiresGrad_(),
    );
    const [dx64] = torch.grad([F.conv2d(x64!.relu(), w64!, { padding: 1 })], [x64!], {
      gradOutputs: [dy.to({ dtype: 'float64' })],
      createGraph: true,
    });
    const [second64] = torch.grad([dx64!.square().sum()], [w64!]);
    expect(distance(dx!, dx64!)).toBeLessThan(3);
    expect(distance(second!.to({ dtype: 'bfloat16' }), second64!)).toBeLessThan(5);
  });

  it('puts NaN and infinity only where windows see them', () => {
    torch.noGrad(() => {
      const x = torch.zeros([1, 3, 6, 40]);
      x.select(3, 20).copy_(torch.full([], Number.NaN));
      const w = torch.ones([2, 3, 3, 3]);
      const y = F.conv2d(channelsLast(x.to({ dtype: 'bfloat16' })), w, { padding: 1 });
      const row = Array.from({ length: 40 }, (_, i) => (i >= 19 && i <= 21 ? Number.NaN : 0));
      const image = Array.from({ length: 6 }, () => row);
      expect(y.tolist()).toEqual([[image, image]]);
    });
  });

  it('leaves to ATen what it has no kernel for', () => {
    const [x, w] = [random([2, 4, 6, 6]), random([4, 4, 3, 3])];
    const exact = (options: F.Conv2dOptions, weight: Tensor) =>
      F.conv2d(x.to({ dtype: 'bfloat16' }).to({ dtype: 'float64' }), weight, options);
    for (const options of [
      { padding: 1, stride: 2 },
      { padding: 2, dilation: 2 },
      { padding: 1, groups: 2 },
      { padding: 4 },
    ]) {
      const weight = (options.groups ? w.narrow(1, 0, 2) : w).to({ dtype: 'bfloat16' });
      const y = F.conv2d(channelsLast(x.to({ dtype: 'bfloat16' })), weight, options);
      expect(distance(y, exact(options, weight.to({ dtype: 'float64' })))).toBeLessThan(2);
    }
    const bf16 = w.to({ dtype: 'bfloat16' });
    const nchw = F.conv2d(x.to({ dtype: 'bfloat16' }), bf16, { padding: 1 });
    expect(distance(nchw, exact({ padding: 1 }, bf16.to({ dtype: 'float64' })))).toBeLessThan(2);
    expect(() =>
      F.conv2d(channelsLast(x.to({ dtype: 'bfloat16' })), random([4, 5, 3, 3]), { padding: 1 }),
    ).toThrow(/conv2d: .*channels/);
  });
});
