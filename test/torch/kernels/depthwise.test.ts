import { afterEach, describe, expect, it } from 'vitest';
import * as torch from '../../../src/torch/index.ts';
import { expectClose } from '../parity/close.ts';

const F = torch.functional;
const levels: readonly torch.SimdLevel[] = ['avx2', 'avx512', 'avx512bf16'];
const widest = torch.getSimd();

interface Case {
  readonly images?: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number | readonly [number, number];
  readonly inputRelu?: boolean;
  readonly dtype?: torch.DType;
  readonly weightDtype?: torch.DType;
}

const named = (one: Case) => JSON.stringify(one).replaceAll(/["{}]/g, '');
const leaf = (tensor: torch.Tensor, dtype: torch.DType) =>
  tensor.detach().to({ dtype }).requiresGrad_(true);

function inputs({ images = 2, channels, size, kernel, dtype = 'float32', ...rest }: Case) {
  const x = torch.randn([images, channels, ...size]);
  return {
    x: leaf(x.contiguous({ memoryFormat: 'channelsLast' }), dtype),
    weight: leaf(torch.randn([channels, 1, kernel, kernel]), rest.weightDtype ?? dtype),
  };
}

const optionsOf = ({ stride = 1, padding = 0, channels, inputRelu = false }: Case) => {
  return { stride, padding, groups: channels, inputRelu };
};

/** y, dx and dW of the operator and of libtorch's own in double precision. */
function compare(one: Case): void {
  torch.scope(() => {
    const { x, weight } = inputs(one);
    const [x64, weight64] = [leaf(x, 'float64'), leaf(weight, 'float64')];
    const options = optionsOf(one);
    const y = F.conv2d(x, weight, options);
    const seen = one.inputRelu ? x64.relu() : x64;
    const y64 = F.conv2d(seen, weight64, { ...options, inputRelu: false });
    const dy = torch.randn(y.shape).to({ dtype: y.dtype });
    y.backward(dy);
    y64.backward(dy.to({ dtype: 'float64' }));
    const close = (name: string, actual: torch.Tensor, expected: torch.Tensor, source = x) => {
      const bound = source.dtype === 'float32' ? 1e-5 : 4e-3; // half a unit of bf16's last place
      expect(actual.dtype).toBe(source.dtype);
      expectClose(actual.to({ dtype: 'float64' }), expected, bound, `${name} of ${named(one)}`);
    };
    close('y', y, y64);
    close('dx', x.grad!, x64.grad!);
    close('dW', weight.grad!, weight64.grad!, weight);
    for (const image of [y, x.grad!]) {
      expect(image.isContiguous('channelsLast')).toBe(true);
    }
  });
}

afterEach(() => torch.setSimd(widest));

describe('depthwise convolution of a channels-last image', () => {
  const shapes: Case[] = [3, 5, 7].flatMap((kernel) =>
    [1, 2].flatMap((stride) =>
      Array.from({ length: Math.floor(kernel / 2) + 2 }, (_, padding) => ({
        channels: 20,
        size: [8 + padding, 11] as const,
        kernel,
        stride,
        padding,
        inputRelu: padding % 2 === 1,
      })),
    ),
  );

  for (const level of levels) {
    it(`has the values and gradients of libtorch's in double precision (${level})`, () => {
      torch.setSimd(level);
      for (const shape of shapes) {
        compare(shape);
        compare({ ...shape, dtype: 'bfloat16' });
      }
    });

    it(`does so for any number of channels (${level})`, () => {
      torch.setSimd(level);
      for (let channels = 1; channels <= 70; channels++) {
        const stride = 1 + (channels % 2);
        const dtype = channels % 3 === 0 ? 'bfloat16' : 'float32';
        const inputRelu = channels % 5 < 2;
        const kernel = 3 + 2 * (channels % 3);
        compare({ channels, size: [5, 9], kernel, stride, padding: 3, inputRelu, dtype });
      }
    });
  }

  it.each<Case>([
    { channels: 3, size: [1, 1], kernel: 7, padding: 3 },
    { channels: 36, size: [2, 3], kernel: 5, padding: 2, stride: 2, inputRelu: true },
    { channels: 16, size: [1, 6], kernel: 3, padding: [1, 0] },
    { channels: 5, size: [6, 1], kernel: 5, padding: [0, 4], stride: 2 },
    { channels: 8, size: [3, 3], kernel: 3, padding: 9 },
    { channels: 8, size: [4, 5], kernel: 3, padding: 8, stride: 2, inputRelu: true },
    { channels: 150, size: [3, 2], kernel: 3, padding: 1 },
    { images: 1, channels: 36, size: [33, 17], kernel: 5, padding: 2 },
    { images: 131, channels: 4, size: [3, 3], kernel: 3, padding: 1, inputRelu: true },
  ])('does so for $size with kernel $kernel, padding $padding', (one) => {
    compare(one);
    compare({ ...one, dtype: 'bfloat16' });
  });

  it('takes an fp32 weight for bf16 images and gives it an fp32 gradient', () => {
    const one: Case = { channels: 20, size: [9, 8], kernel: 5, padding: 2, inputRelu: true };
    compare({ ...one, dtype: 'bfloat16', weightDtype: 'float32' });
  });

  it.each([
    ['contiguous', (x: torch.Tensor) => x.contiguous(), 'contiguous'],
    ['cut out of a wider one', (x: torch.Tensor) => x.narrow(3, 1, 6), 'channelsLast'],
    ['turned round', (x: torch.Tensor) => x.transpose(2, 3), 'contiguous'],
  ] as const)(
    'takes an image that is %s and lays the result out as libtorch does',
    (_, lay, format) => {
      const { x, weight } = inputs({ channels: 5, size: [7, 8], kernel: 3 });
      const run = (image: torch.Tensor, kernel: torch.Tensor) => {
        const y = F.conv2d(lay(image), kernel, { groups: 5, padding: 1 });
        return [y, ...torch.grad([y.square().sum()], [image, kernel])] as torch.Tensor[];
      };
      const own = run(x, weight);
      expect(own[0]!.isContiguous(format)).toBe(true);
      expect(lay(leaf(x, 'float64')).isContiguous('channelsLast')).toBe(false);
      const expected = run(leaf(x, 'float64'), leaf(weight, 'float64'));
      own.forEach((tensor, i) => {
        expectClose(tensor.to({ dtype: 'float64' }), expected[i]!, 1e-5, `${i}`);
      });
    },
  );

  it('has the slope of finite differences', () => {
    const one: Case = { channels: 3, size: [4, 5], kernel: 3, padding: 1, inputRelu: true };
    const { x, weight } = inputs(one);
    torch.noGrad(() => x.add_(x.div(x.abs()).mul(0.1))); // no step crosses relu's bend
    const loss = () => F.conv2d(x, weight, optionsOf(one)).square().sum();
    loss().backward();
    for (const parameter of [x, weight]) {
      const direction = torch.randn(parameter.shape);
      const slope = parameter.grad!.mul(direction).sum().item();
      const at = (step: number) =>
        torch.noGrad(() => {
          parameter.add_(direction.mul(step));
          const value = loss().item();
          parameter.add_(direction.mul(-step));
          return value;
        });
      const difference = (at(1e-3) - at(-1e-3)) / 2e-3;
      expect(Math.abs(difference - slope)).toBeLessThan(0.02 * Math.abs(slope) + 0.5);
    }
  });

  it('gives only the gradient that is asked for', () => {
    const one: Case = { channels: 4, size: [6, 6], kernel: 3, padding: 1, inputRelu: true };
    const { x, weight } = inputs(one);
    const y = F.conv2d(x, weight, optionsOf(one)).sum();
    const [both, other] = torch.grad([y], [x, weight], { retainGraph: true });
    for (const [wanted, expected] of [
      [x, both],
      [weight, other],
    ] as const) {
      const [alone] = torch.grad([y], [wanted], { retainGraph: true });
      expect(alone!.tolist()).toEqual(expected!.tolist());
    }
    const fixed = F.conv2d(x.detach(), weight, optionsOf(one)).sum();
    expect(torch.grad([fixed], [weight])[0]!.tolist()).toEqual(other!.tolist());
    const free = F.conv2d(x, weight.detach(), optionsOf(one)).sum();
    expect(torch.grad([free], [x])[0]!.tolist()).toEqual(both!.tolist());
  });

  it('has gradients of gradients', () => {
    const one: Case = { channels: 2, size: [4, 4], kernel: 3, padding: 1, inputRelu: true };
    const { x, weight } = inputs(one);
    const second = (image: torch.Tensor, kernel: torch.Tensor, act: () => torch.Tensor) => {
      const [dx] = torch.grad([act().square().sum()], [image], { createGraph: true });
      return torch.grad([dx!.square().sum()], [image, kernel]);
    };
    const own = second(x, weight, () => F.conv2d(x, weight, optionsOf(one)));
    const [x64, w64] = [leaf(x, 'float64'), leaf(weight, 'float64')];
    const expected = second(x64, w64, () =>
      F.conv2d(x64.relu(), w64, { ...optionsOf(one), inputRelu: false }),
    );
    own.forEach((gradient, i) => {
      expectClose(gradient!.to({ dtype: 'float64' }), expected[i]!, 1e-5, `second ${i}`);
    });
  });

  it('takes a gradient that is not channels-last, or is one number over and over', () => {
    const one: Case = { channels: 6, size: [5, 7], kernel: 3, padding: 1 };
    const { x, weight } = inputs(one);
    const gradients = (dy: torch.Tensor) =>
      torch.grad([F.conv2d(x, weight, optionsOf(one))], [x, weight], { gradOutputs: [dy] });
    const dy = torch.randn([2, 6, 5, 7]);
    const last = gradients(dy.contiguous({ memoryFormat: 'channelsLast' }));
    expect(gradients(dy).map((g) => g!.tolist())).toEqual(last.map((g) => g!.tolist()));
    const ones = gradients(torch.ones([2, 6, 5, 7]));
    const expanded = gradients(torch.ones([]).expand([2, 6, 5, 7]));
    expect(expanded.map((g) => g!.tolist())).toEqual(ones.map((g) => g!.tolist()));
  });

  it('does not depend on the number of threads', () => {
    const before = torch.getNumThreads();
    const one: Case = { images: 9, channels: 36, size: [32, 32], kernel: 5, padding: 2 };
    const { x, weight } = inputs(one);
    const all = () => {
      const y = F.conv2d(x, weight, optionsOf(one));
      return [y, ...torch.grad([y.square().sum()], [x, weight])].map((t) => t!.toTypedArray());
    };
    torch.setNumThreads(1);
    const alone = all();
    torch.setNumThreads(2);
    const together = all();
    torch.setNumThreads(before);
    expect(together).toEqual(alone);
  });

  it.each(['float32', 'bfloat16'] as const)('treats NaN and −0 as relu does (%s)', (dtype) => {
    const run = (image: torch.Tensor, inputRelu: boolean) => {
      const weight = torch.ones([1, 1, 3, 3]).to({ dtype });
      const y = F.conv2d(inputRelu ? image : image.relu(), weight, { padding: 1, inputRelu });
      const [dx] = torch.grad([y], [image], { gradOutputs: [torch.ones(y.shape).to({ dtype })] });
      return [y, dx!].map((t) =>
        Array.from(t.to({ dtype: 'float32' }).toTypedArray() as Float32Array),
      );
    };
    const values = [Number.NaN, 0, -0, -1, 2, Number.POSITIVE_INFINITY, 1, -3, Number.NaN, 4, 5, 6];
    const image = torch.tensor([[[values]]], { dtype }).requiresGrad_(true);
    const [fused, separate] = [run(image, true), run(image, false)];
    expect(fused).toEqual(separate);
    expect(fused[1]![0]).toBeGreaterThan(0); // the gradient passes where x is NaN
  });

  it('keeps no memory when its graph is gone', () => {
    const { x, weight } = inputs({ images: 64, channels: 16, size: [32, 32], kernel: 3 });
    const step = () =>
      torch.scope(() => {
        F.conv2d(x, weight, { groups: 16, padding: 1, inputRelu: true }).sum().backward();
      });
    for (let i = 0; i < 5; i++) step();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 50; i++) step(); // 4 MB of image, output and gradient each
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6);
  });

  it('notices an input that was changed after it was saved', () => {
    const { x, weight } = inputs({ channels: 2, size: [4, 4], kernel: 3 });
    const y = F.conv2d(x, weight, { groups: 2 });
    torch.noGrad(() => x.add_(1));
    expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
  });
});

describe('what it leaves to libtorch', () => {
  const image = (dtype: torch.DType = 'float32') =>
    torch.randn([2, 4, 9, 9]).to({ dtype }).contiguous({ memoryFormat: 'channelsLast' });
  const weight = (shape: readonly number[], dtype: torch.DType = 'float32') =>
    torch.randn(shape).to({ dtype });

  it.each<[string, torch.Tensor, torch.Tensor, Parameters<typeof F.conv2d>[2]]>([
    ['double precision', image('float64'), weight([4, 1, 3, 3], 'float64'), { groups: 4 }],
    [
      'contiguous images without gradient',
      image().contiguous(),
      weight([4, 1, 3, 3]),
      { groups: 4 },
    ],
    ['slices without gradient', image().narrow(3, 1, 7), weight([4, 1, 3, 3]), { groups: 4 }],
    ['dilation', image(), weight([4, 1, 3, 3]), { groups: 4, dilation: 2 }],
    ['two outputs a channel', image(), weight([8, 1, 3, 3]), { groups: 4 }],
    ['groups of two', image(), weight([4, 2, 3, 3]), { groups: 2 }],
    ['dense', image(), weight([4, 4, 3, 3]), { padding: 1 }],
    ['an even kernel', image(), weight([4, 1, 4, 4]), { groups: 4 }],
    ['a large kernel', image(), weight([4, 1, 9, 9]), { groups: 4, padding: 4 }],
    ['a kernel that is not square', image(), weight([4, 1, 3, 5]), { groups: 4 }],
    ['two strides', image(), weight([4, 1, 3, 3]), { groups: 4, stride: [1, 2] }],
    ['stride 3', image(), weight([4, 1, 3, 3]), { groups: 4, stride: 3 }],
    ['a bias', image(), weight([4, 1, 3, 3]), { groups: 4, bias: torch.randn([4]) }],
  ])('%s', (_, x, kernel, options) => {
    const whole = F.conv2d(x, kernel, { ...options, inputRelu: true });
    torch.setSimd('none');
    expectClose(whole, F.conv2d(x.relu(), kernel, options), 0, 'y');
  });

  it('nothing is too small for, nor of the wrong shape', () => {
    const run = (shape: readonly number[], kernel: readonly number[], groups: number) =>
      F.conv2d(torch.randn(shape).contiguous({ memoryFormat: 'channelsLast' }), weight(kernel), {
        groups,
      });
    expect(() => run([1, 4, 2, 2], [4, 1, 3, 3], 4)).toThrow(/conv2d: .*[Kk]ernel size/);
    expect(() => run([1, 4, 5, 5], [5, 1, 3, 3], 4)).toThrow(/conv2d: /);
    expect(run([0, 4, 5, 5], [4, 1, 3, 3], 4).shape).toEqual([0, 4, 3, 3]);
  });

  it('goes backward though the vector instructions were turned off in between', () => {
    const { x, weight: kernel } = inputs({ channels: 4, size: [5, 5], kernel: 3 });
    const y = F.conv2d(x, kernel, { groups: 4, inputRelu: true });
    const [own] = torch.grad([y.sum()], [kernel], { retainGraph: true });
    torch.setSimd('none');
    const [other] = torch.grad([y.sum()], [kernel]);
    expectClose(own!, other!, 1e-5, 'dW');
  });
});
