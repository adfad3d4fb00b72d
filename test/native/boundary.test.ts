import { afterEach, describe, expect, it } from 'vitest';
import { native } from '../../src/torch/addon.ts';
import * as torch from '../../src/torch/index.ts';
import { levels, widest } from '../torch/simdLevels.ts';

// What the fuzz (fuzz/) found, and what its reading led to: each ended the process, read or wrote past a
// tensor, or would not end.

const floats = (shape: readonly number[]) => native.ones(shape, 'float32', 'cpu');
const withGradient = (shape: readonly number[]) => {
  const param = floats(shape);
  native.setGrad(param, floats(shape));
  return param;
};

/** An array whose element does something while the addon reads it. */
function trap(value: number, act: () => void): number[] {
  return Object.defineProperty([value], 0, {
    get() {
      act();
      return value;
    },
  });
}

describe('refused instead', () => {
  it.each([
    ['a product of no inputs', () => native.pointwise([], [], false, undefined, false)],
    [
      'a product of fewer weights than inputs',
      () => native.pointwise([floats([1, 2, 2, 2])], [], false, floats([2]), false),
    ],
    [
      'counts of steps without an element',
      () =>
        native.adamStep(
          [withGradient([4])],
          [floats([4])],
          [floats([4])],
          [floats([0])],
          0.1,
          0.9,
          0.999,
          1e-8,
          0,
        ),
    ],
    [
      'a captured step over elements that share memory',
      () => {
        const expanded = () => native.expand(floats([1]), [64]);
        const param = expanded();
        native.setGrad(param, expanded());
        native.sgdStepCapturable(
          [param],
          [],
          floats([]),
          native.zeros([], 'float32', 'cpu'),
          0,
          0,
          false,
        );
      },
    ],
    [
      'statistics that are no vectors',
      () =>
        native.batchNorm(
          floats([5, 1]),
          undefined,
          floats([]),
          floats([1]),
          floats([1]),
          false,
          0.1,
          1e-5,
          undefined,
          false,
        ),
    ],
    ['gradients by nothing', () => native.grad([floats([])], [], undefined, false, false, false)],
    ['a range beyond whole numbers', () => native.arange(0, 1e300, 1, 'int64', 'cpu')],
    [
      '2^45 time steps of nothing',
      () => native.recurrence(2 ** 45, [], [], [0], [], [], [floats([2, 3])], [], []),
    ],
    [
      'a tensor without elements to read',
      () => native.call('aten::_efficientzerotensor', [[2], 'float32', 0, 'cpu']),
    ],
    ['a sparse tensor', () => native.call('aten::to_sparse', [{ handle: floats([2]) }])],
  ])('%s', (_, act) => {
    expect(act).toThrow(expect.objectContaining({ name: 'EnasTorchError', code: 'ERR_TORCH' }));
  });

  it.each([
    ['for sizes', () => native.zeros(new Array(2 ** 32 - 1), 'float32', 'cpu')],
    [
      'for optional tensors',
      () => native.call('aten::index.Tensor', [{ handle: floats([2]) }, new Array(2 ** 32 - 1)]),
    ],
    ['for handles to keep', () => native.endScope(new Array(2 ** 32 - 1))],
  ])('the longest array there is, %s', (_, act) => {
    expect(act).toThrow(
      'expected an array of at most 16,777,216 elements, got an array of 4294967295',
    );
  });

  it('an object of another addon, by what it is', () => {
    expect(() => native.relu(native.environment() as number)).toThrow(
      'relu: input: expected a Tensor, got an external value',
    );
  });
});

describe('memory that JavaScript shares', () => {
  it('is read where it is once all arguments are, not where it was', () => {
    const data = new Uint8Array(24);
    const shape = trap(24, () => structuredClone(data.buffer, { transfer: [data.buffer] }));
    expect(() => native.fromTypedArray(data, shape, 'uint8', 'cpu')).toThrow(
      'fromTypedArray: shape [24] of uint8 takes 24 bytes, the data has 0',
    );
  });

  it('may be shared with other threads', () => {
    const data = new Uint8Array(new SharedArrayBuffer(4));
    data.set([1, 2, 3, 4]);
    expect(native.toBytes(native.fromTypedArray(data, [4], 'uint8', 'cpu'))).toEqual(
      new Uint8Array([1, 2, 3, 4]).buffer,
    );
  });
});

it('momenta that are not asked for are not looked at', () => {
  const params = [withGradient([3]), withGradient([3])];
  native.sgdStep(params, [floats([1])], 1, 0, 0, false, 0, false);
  expect(new Float32Array(native.toBytes(params[1]!))).toEqual(new Float32Array(3));
});

describe.skipIf(levels.length < 2)('kernels taken away before a backward pass are an error', () => {
  afterEach(() => torch.setSimd(widest));
  const images = (dtype: 'float32' | 'bfloat16') =>
    torch.randn([2, 16, 5, 5], { dtype }).contiguous({ memoryFormat: 'channelsLast' }).detach();
  const { functional: F } = torch;
  it.each([
    ['avgPool2d', 'float32', (x: torch.Tensor) => F.avgPool2d(x, { kernelSize: 3 })],
    ['maxPool2d', 'float32', (x: torch.Tensor) => F.maxPool2d(x, { kernelSize: 3 })],
    ['batchNorm', 'float32', (x: torch.Tensor) => F.batchNorm(x, { training: true })],
    ['conv2d of 1x1', 'float32', (x: torch.Tensor) => F.conv2d(x, torch.ones([4, 16, 1, 1]))],
    ...(widest === 'amx'
      ? ([
          [
            'conv2d of 3x3',
            'bfloat16',
            (x: torch.Tensor) => F.conv2d(x, torch.ones([4, 16, 3, 3], { dtype: 'bfloat16' })),
          ],
        ] as const)
      : []),
  ] as const)('%s', (_, dtype, run) => {
    const y = run(images(dtype).requiresGrad_()).sum();
    torch.setSimd('none');
    expect(() => y.backward()).toThrow('setSimd was called between a run and its backward');
  });
});
