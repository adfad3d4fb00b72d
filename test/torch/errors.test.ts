import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnasTorchError } from '../../src/errors/error.ts';
import { native } from '../../src/torch/addon.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';
import { sourceOf } from './source.ts';

const x = torch.arange(6, { dtype: 'float32' }).reshape([2, 3]);
const image = torch.ones([1, 2, 4, 4]);
const weight = torch.ones([2, 2, 3, 3]);
const int = torch.arange(3);

/** As JavaScript calls it, without the compiler. */
// biome-ignore lint/suspicious/noExplicitAny: what is tested is what happens to wrong types
const any = (value: unknown): any => value;

/** Calls, and the message that each must give. */
const mistakes: Record<string, readonly (readonly [act: () => unknown, message: RegExp])[]> = {
  'a wrong shape': [
    [() => x.matmul(x), /^matmul: mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)/],
    [() => x.reshape([4]), /^reshape: shape '\[4\]' is invalid for input of size 6/],
    [
      () => F.conv2d(image, torch.ones([2, 3, 3, 3])),
      /^conv2d: .*expected input.* to have 3 channels/,
    ],
    [() => F.conv2d(image, weight, { bias: torch.ones([5]) }), /^conv2d: .*bias/],
    [() => F.linear(x, torch.ones([2, 2])), /^linear: mat1 and mat2 shapes/],
    [() => F.batchNorm(image, { training: true, weight: torch.ones([3]) }), /^batchNorm: weight/],
    [() => F.maxPool2d(x, { kernelSize: 2 }), /^maxPool2d: /],
    [() => F.crossEntropy(x, torch.tensor([0], { dtype: 'int64' })), /^crossEntropy: .*batch/i],
    [() => F.lstmCell(x, [x, x], { weightIh: x, weightHh: x }), /^lstmCell: /],
    [() => x.expand([2, 4]), /^expand: The expanded size of the tensor \(4\) must match/],
    [() => x.item(), /^item: expected a tensor of one element, got shape \[2, 3\]/],
  ],
  'a wrong dtype': [
    [() => x.to(any({ dtype: 'float' })), /^to: dtype: expected one of float32, .*, got "float"/],
    [() => torch.zeros([1], any({ dtype: 32 })), /^zeros: dtype: expected one of .*, got 32/],
    [() => x.matmul(x.to({ dtype: 'float64' }).transpose(0, 1)), /^matmul: expected .* same dtype/],
    [() => F.embedding(x, x), /^embedding: .*indices.*Float/],
    [() => F.crossEntropy(x, torch.tensor([0.5, 1])), /^crossEntropy: /],
    [() => int.mean(), /^mean: mean\(\): could not infer output dtype/],
    [() => F.conv2d(image, weight.to({ dtype: 'float64' })), /^conv2d: .*(type|dtype)/],
    [() => torch.randn([2], { dtype: 'int64' }), /^randn: .*not implemented for 'Long'/],
    [() => torch.where(x, x, x), /^where: where expected condition to be a boolean tensor/],
  ],
  'a wrong device': [
    [() => torch.zeros([1], any({ device: 'gpu' })), /^zeros: device: expected a device: "cpu", /],
    [
      () => torch.zeros([1], { device: 'cuda:77' }),
      /^zeros: device: expected a device of this machine/,
    ],
    [() => x.to(any({ device: 'cuda:x' })), /^to: device: expected a device/],
    [() => x.to(any({ device: 'cuda:' })), /^to: device: expected a device/],
    [() => x.to(any({ device: 1 })), /^to: device: expected a device: .*, got 1/],
    [() => torch.randperm(3, any({ device: 'cpu:0' })), /^randperm: device: expected a device/],
  ],
  'a wrong type': [
    [() => x.add(any('1')), /^add: other: expected a Tensor, got "1"/],
    [() => x.add(any(null)), /^add: other: expected a Tensor, got null/],
    [() => x.add(any([1, 2])), /^add: other: expected a Tensor, got an array of 2/],
    [() => x.mul(any({ handle: 5 })), /^mul: other: expected a Tensor, got an object/],
    [() => x.mul(any(5n)), /^mul: other: expected a Tensor, got 5/],
    [() => x.matmul(any(5)), /^matmul: other: expected a Tensor, got 5/],
    [() => x.matmul(any(Symbol('s'))), /^matmul: other: expected a Tensor, got a symbol/],
    [() => x.eq(any(() => 1)), /^eq: other: expected a Tensor, got a function/],
    [() => x.maximum(any(1)), /^maximum: other: expected a Tensor, got 1/],
    [() => x.reshape(any(6)), /^reshape: shape: expected an array, got 6/],
    [() => x.reshape(any(['6'])), /^reshape: shape: expected a whole number, got "6"/],
    [() => x.permute(any('01')), /^permute: dims: expected an array, got "01"/],
    [() => x.transpose(any('0'), 1), /^transpose: dim0: expected a whole number, got "0"/],
    [() => x.sum(any('0')), /^sum: dim: expected an array, got "0"/],
    [() => x.fill_(any('0')), /^fill_: value: expected a number, got "0"/],
    [() => torch.zeros(any(3)), /^zeros: shape: expected an array, got 3/],
    [
      () => torch.zeros(any(Float32Array.of(2))),
      /^zeros: shape: expected an array, got a typed array/,
    ],
    [() => torch.full([1], any('1')), /^full: value: expected a number, got "1"/],
    [() => torch.cat(any(x)), /^cat: tensors: expected an array, got an object/],
    [() => torch.stack(any([x, 1])), /^stack: tensors: expected a Tensor, got 1/],
    [() => F.conv2d(any(1), weight), /^conv2d: input: expected a Tensor, got 1/],
    [() => F.conv2d(image, weight, any({ bias: 1 })), /^conv2d: bias: expected a Tensor, got 1/],
    [
      () => F.conv2d(image, weight, any({ padding: 'same' })),
      /^conv2d: padding: expected an array/,
    ],
    [() => F.pad(image, any(1)), /^pad: padding: expected an array, got 1/],
    [() => F.pad(image, [1, 1], any({ mode: 'mirror' })), /^pad: mode: expected one of constant/],
    [
      () => F.crossEntropy(x, int, any({ reduction: 'avg' })),
      /^crossEntropy: reduction: expected one/,
    ],
    [() => torch.rand([1], any({ seed: 'x' })), /^rand: seed: expected a whole number, got "x"/],
    [
      () => new torch.SGD(any(x), { lr: 1 }),
      /^SGD: params: expected an array of Tensors, got an object/,
    ],
    [() => new torch.Adam(any([1]), { lr: 1 }), /^Adam: params: expected an array of Tensors/],
    [() => torch.grad(any(x), [x]), /^grad: outputs: expected an array, got an object/],
    [() => x.requiresGrad_(any(1)), /^requiresGrad_: requiresGrad: expected true or false, got 1/],
    [() => torch.setNumThreads(any('2')), /^setNumThreads: threads: expected a whole number/],
  ],
  'too few arguments': [
    [() => any(x).add(), /^add: other: expected a Tensor, got nothing/],
    [() => any(x).reshape(), /^reshape: shape: expected an array, got nothing/],
    [() => any(x).softmax(), /^softmax: dim: expected a whole number, got nothing/],
    [() => any(x).gather(0), /^gather: index: expected a Tensor, got nothing/],
    [() => any(x).narrow(0, 1), /^narrow: length: expected a whole number, got nothing/],
    [
      () => any(x).clamp(),
      /^clamp: options: expected an object, got undefined; its keys are min, max/,
    ],
    [() => any(x).to(), /^to: options: expected an object, got undefined/],
    [() => any(torch).zeros(), /^zeros: shape: expected an array, got nothing/],
    [() => any(torch).arange(), /^arange: end: expected a number, got nothing/],
    [() => any(torch).cat(), /^cat: tensors: expected an array, got nothing/],
    [
      () => any(torch).where(x),
      /^where: condition: .*|^where: input: expected a Tensor, got nothing/,
    ],
    [() => any(torch).bernoulli(), /^bernoulli: input: expected a Tensor, got nothing/],
    [() => any(F).avgPool2d(image), /^avgPool2d: options: expected an object, got undefined/],
    [() => any(F).maxPool2d(image, {}), /^maxPool2d: kernelSize: expected an array, got nothing/],
    [
      () => any(F).batchNorm(image, {}),
      /^batchNorm: training: expected true or false, got nothing/,
    ],
    [() => any(F).dropout(image, {}), /^dropout: p: expected a number, got nothing/],
    [() => new (any(torch).SGD)([x]), /^SGD: options: expected an object, got undefined/],
    [() => any(torch).fromTypedArray(), /^fromTypedArray: array: expected a Float32Array/],
    [() => any(torch).call(), /^call: operator: expected a string, got nothing/],
  ],
  'an unknown option': [
    [
      () => torch.zeros([1], any({ dtpye: 'int64' })),
      /^zeros: option: expected one of .*, got "dtpye"; did you mean dtype\?/,
    ],
    [() => torch.randn([1], any({ sed: 1 })), /^randn: option: .*did you mean seed\?/],
    [
      () => F.conv2d(image, weight, any({ strides: 2 })),
      /^conv2d: option: .*did you mean stride\?/,
    ],
    [
      () => F.crossEntropy(x, int, any({ smoothing: 0.1 })),
      /^crossEntropy: option: expected one of/,
    ],
    [() => x.sum(0, any({ keepDim: true })), /^sum: option: .*did you mean keepdim\?/],
    [() => x.sum(0, any(true)), /^sum: options: expected an object, got true/],
    [() => x.add(x, any(2)), /^add: options: expected an object, got 2; its keys are alpha/],
    [
      () => x.argmax(0, any({ keep: true })),
      /^argmax: option: expected one of keepdim, got "keep"/,
    ],
    [() => x.clamp(any({ low: 0 })), /^clamp: option: expected one of min, max, got "low"/],
    [() => x.to(any('float64')), /^to: options: expected an object, got "float64"/],
    [
      () => new torch.Adam([x], any({ lr: 1, beta1: 0 })),
      /^Adam: option: .*"beta1"; did you mean betas\?/,
    ],
    [() => torch.grad([x], [x], any({ retain: true })), /^grad: option: expected one of/],
  ],
  'a size or index that is none': [
    [() => torch.zeros([Number.NaN]), /^zeros: shape: expected a whole number, got NaN/],
    [() => torch.zeros([1.5]), /^zeros: shape: expected a whole number, got 1.5/],
    [() => torch.zeros([Number.POSITIVE_INFINITY]), /^zeros: shape: .*, got Infinity/],
    [() => torch.zeros([-1]), /^zeros: .*non-negative/i],
    [() => torch.ones([2, -3]), /^ones: .*negative/i],
    [() => torch.empty([2 ** 53]), /^empty: .*(out of memory|can't allocate memory): /],
    [() => torch.zeros([2 ** 40]), /^zeros: .*(out of memory|can't allocate memory): /],
    [() => torch.zeros([2 ** 54]), /^zeros: shape: expected a whole number, got 18014398509481984/],
    [() => torch.zeros([2 ** 31, 2 ** 31, 2 ** 31]), /^zeros: Storage size calculation overflowed/],
    [() => torch.eye(-1), /^eye: n must be greater or equal to 0/],
    [() => torch.eye(2 ** 40), /^eye: /],
    [() => torch.linspace(0, 1, -1), /^linspace: number of steps must be non-negative/],
    [() => torch.arange(0, 1, 0), /^arange: step must be nonzero/],
    [() => torch.arange(0, 10, -1), /^arange: upper bound and lower bound inconsistent/],
    [() => torch.arange(Number.NaN), /^arange: unsupported range/],
    [() => torch.arange(0, Number.POSITIVE_INFINITY), /^arange: unsupported range/],
    [() => torch.arange(1e300), /^arange: /],
    [() => torch.arange(0, 1e300, 0.5), /^arange: /],
    [() => x.select(0, Number.NaN), /^select: index: expected a whole number, got NaN/],
    [() => x.sum(5), /^sum: Dimension out of range/],
    [() => x.sum([0, 0]), /^sum: dim 0 appears multiple times/],
    [() => x.permute([0, 0]), /^permute: permute\(\): duplicate dims/],
    [() => x.unsqueeze(2 ** 40), /^unsqueeze: Dimension out of range/],
    [() => x.repeat([2 ** 32, 2 ** 30]), /^repeat: /],
    [() => x.repeat([-1, 1]), /^repeat: /],
    [() => x.narrow(0, 0, -1), /^narrow: narrow\(\): length must be non-negative/],
    [() => torch.chunk(x, 0), /^chunk: chunk expects `chunks` to be greater than 0/],
    [() => torch.randint(3, 3, [1]), /^randint: random_ expects 'from' to be less than 'to'/],
    [() => torch.randperm(-1), /^randperm: .*negative/],
    [() => torch.randperm(2 ** 53), /^randperm: /],
    [() => torch.multinomial(torch.tensor([1, 1]), 3), /^multinomial: cannot sample n_sample > /],
    [
      () => torch.multinomial(torch.tensor([-1, 1]), 1),
      /^multinomial: probability tensor contains/,
    ],
    [() => torch.multinomial(torch.tensor([0, 0]), 1), /^multinomial: .*sum of probabilities <= 0/],
    [() => torch.bernoulli(torch.tensor([2])), /^bernoulli: Expected p_in >= 0 && p_in <= 1/],
    [() => torch.normal([2], { std: -1 }), /^normal: normal expects std >= 0/],
    [() => torch.rand([1], { seed: Number.NaN }), /^rand: seed: expected a whole number, got NaN/],
    [() => F.conv2d(image, weight, { stride: 0 }), /^conv2d: non-positive stride is not supported/],
    [() => F.conv2d(image, weight, { padding: -1 }), /^conv2d: negative padding is not supported/],
    [
      () => F.conv2d(image, weight, { dilation: 0 }),
      /^conv2d: dilation should be greater than zero/,
    ],
    [() => F.conv2d(image, weight, { groups: 0 }), /^conv2d: non-positive groups/],
    [() => F.conv2d(image, weight, { stride: Number.NaN }), /^conv2d: stride: .*, got NaN/],
    [() => F.conv2d(image, weight, { stride: any([1, 1, 1]) }), /^conv2d: expected stride to be/],
    [
      () => F.avgPool2d(image, { kernelSize: 2, stride: 0 }),
      /^avgPool2d: stride should not be zero/,
    ],
    [() => F.avgPool2d(image, { kernelSize: 9 }), /^avgPool2d: /],
    [
      () => F.maxPool2d(image, { kernelSize: 2, padding: 2 }),
      /^maxPool2d: pad should be at most half/,
    ],
    [() => F.adaptiveAvgPool2d(image, -1), /^adaptiveAvgPool2d: /],
    [() => F.pad(image, [-9, 0]), /^pad: /],
    [
      () => F.crossEntropy(x, torch.tensor([0, 3], { dtype: 'int64' })),
      /^crossEntropy: Target 3 is out of bounds/,
    ],
    [
      () => F.nllLoss(x, torch.tensor([0, -1], { dtype: 'int64' })),
      /^nllLoss: Target -1 is out of bounds/,
    ],
    [() => torch.setNumThreads(0), /^setNumThreads: expected 1 to \d+ threads, .*got 0; /],
    [() => torch.setNumThreads(2 ** 31), /^setNumThreads: expected 1 to \d+ .*got 2147483648; /],
    [() => torch.cuda.synchronize(-1), /^cudaSynchronize: /],
  ],
};

describe.each(Object.entries(mistakes))('%s', (_, cases) => {
  it.each(cases.map((each) => [sourceOf(each[0]), ...each] as const))('%s', (_, act, message) => {
    let thrown: unknown;
    try {
      act();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EnasTorchError);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toMatch(/\n|Exception raised from|enforce fail/);
  });
});

describe('the addon’s own functions', () => {
  it('refuse too many arguments', () => {
    const relu = native.relu as unknown as (...args: unknown[]) => unknown;
    expect(() => relu(x.handle, 1, 2)).toThrow(/^relu: expected at most 1 arguments, got 3/);
  });

  const values = fc.oneof(
    fc.constantFrom(undefined, null, true, Number.NaN, Number.POSITIVE_INFINITY, -0, -1, 2 ** 53),
    fc.double(),
    fc.integer({ min: -3, max: 5 }),
    fc.string({ maxLength: 3 }),
    fc.constantFrom('float32', 'int64', 'cpu', 'channelsLast', 'constant', 'aten::relu', 'bool'),
    fc.array(fc.integer({ min: -2, max: 4 }), { maxLength: 4 }),
    fc.constantFrom('x', 'image', 'int', 'scalar', 'empty', 'list', 'released'),
    fc.constantFrom(Float32Array.of(1, 2), new Uint8Array(0), {}, [], [[]], () => 1, 5n),
  );

  // What would change the process, the environment or the machine for the tests after this one.
  const left = new Set([
    ...['setErrorClass', 'setNumThreads', 'setFlushDenormal', 'setGradEnabled', 'manualSeed'],
    ...['beginScope', 'endScope', 'release', 'collectable', 'environment', 'setCollector'],
  ]);
  const names = Object.keys(Object.getPrototypeOf(native)).filter(
    (name) => !left.has(name),
  ) as (keyof typeof native)[];

  it('give a value or throw an EnasTorchError, whatever they are given', () => {
    const released = torch.ones([1]);
    released.dispose();
    const tensors: Record<string, unknown> = {
      x: x.handle,
      image: image.handle,
      int: int.handle,
      scalar: torch.tensor(2).handle,
      empty: torch.zeros([0, 3]).handle,
      list: [x.handle, x.handle],
      released: released.handle,
    };
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(values, { maxLength: 8 }), (name, given) => {
        const args = given.map((value) => tensors[value as string] ?? value);
        torch.scope(() => {
          try {
            (native[name] as (...args: unknown[]) => unknown)(...args);
          } catch (error) {
            expect(error, `${name}(${String(args)})`).toBeInstanceOf(EnasTorchError);
          }
        });
      }),
      { numRuns: 5_000 },
    );
    expect(x.tolist()).toHaveLength(2);
  });

  it('stay whole when reading an argument runs code that releases another', () => {
    const victim = torch.ones([1000]);
    const shape = Object.defineProperty([0], 0, {
      get() {
        victim.dispose();
        for (let i = 0; i < 1000; i++) torch.zeros([1]);
        return 1000;
      },
    });
    expect(victim.reshape(shape).shape).toEqual([1000]);
    expect(() => victim.shape).toThrow(expect.objectContaining({ code: 'ERR_RELEASED' }));
  });

  it('pass on what a getter throws', () => {
    const shape = Object.defineProperty([1], 0, {
      get() {
        throw new RangeError('mine');
      },
    });
    expect(() => torch.zeros(shape)).toThrow(new RangeError('mine'));
  });
});

describe('an object that only looks like a tensor', () => {
  it('is none', () => {
    const forged = { handle: x.handle } as unknown as Tensor;
    expect(() => x.add(forged)).toThrow(/add: other: expected a Tensor, got an object/);
  });
});
