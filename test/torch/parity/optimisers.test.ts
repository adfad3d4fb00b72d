import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { expectClose } from './close.ts';
import { type Case, Fixture, type Precision, precisions } from './fixture.ts';

const fixture = new Fixture('optimisers');
const rates = fixture.facts.rates as readonly number[];
const names = Object.keys(fixture.facts.shapes as object);
const ofOp = (op: string) => fixture.cases.filter((each) => each.op === op);

const start = ({ dtype }: Precision) =>
  names.map((name) => fixture.copy(`start/${name}`, dtype).requiresGrad_());

/** Gives each parameter its gradient of a step, or none where the fixture has none. */
function setGradients(params: readonly Tensor[], step: number, { dtype }: Precision): void {
  for (const [i, param] of params.entries()) {
    const name = `grad/${step}/${names[i]}`;
    param.grad = fixture.has(name) ? fixture.copy(name, dtype) : null;
  }
}

function checkStep(params: readonly Tensor[], prefix: string, { relative }: Precision): void {
  for (const [i, param] of params.entries()) {
    expectClose(param, fixture.get(`${prefix}/${names[i]}`), relative, `${prefix}/${names[i]}`);
  }
}

/** Takes the fixture's steps with an optimiser and compares every parameter after each of them. */
function follow(
  { name }: Case,
  params: readonly Tensor[],
  optimiser: torch.SGD | torch.Adam,
  precision: Precision,
): void {
  for (const [step, rate] of rates.entries()) {
    optimiser.lr = rate;
    setGradients(params, step, precision);
    optimiser.step();
    checkStep(params, `${name}/after${precision.suffix}/${step}`, precision);
  }
}

describe.each(precisions)('optimisers as in PyTorch, $dtype', (precision) => {
  it.each(ofOp('SGD'))('$name', (each) => {
    const params = start(precision);
    follow(each, params, new torch.SGD(params, { lr: 1, ...each.options }), precision);
  });

  it.each(ofOp('SGD'))('$name, a step at a time with sgdStep', ({ name, options }) => {
    const params = start(precision);
    const momenta = params.map(torch.zerosLike);
    for (const [step, lr] of rates.entries()) {
      setGradients(params, step, precision);
      torch.sgdStep(params, momenta, { lr, ...options });
      checkStep(params, `${name}/after${precision.suffix}/${step}`, precision);
    }
  });

  it.each(ofOp('Adam'))('$name', (each) => {
    const params = start(precision);
    follow(each, params, new torch.Adam(params, { lr: 1, ...each.options }), precision);
  });

  it.each(ofOp('clipGradNorm'))('$name', ({ name, options }) => {
    const { dtype, suffix, relative } = precision;
    const params = start(precision);
    for (const [i, param] of params.entries()) {
      if (names[i] === 'vector') continue;
      param.grad = fixture.copy(`grad/${names[i] === 'kernel' ? 2 : 0}/${names[i]}`, dtype);
    }
    const norm = torch.clipGradNorm(params, (options as { maxNorm: number }).maxNorm);
    expectClose(norm, fixture.get(`${name}/norm${suffix}`), relative, 'norm');
    for (const [i, param] of params.entries()) {
      const key = `${name}/grad${suffix}/${names[i]}`;
      if (fixture.has(key)) expectClose(param.grad, fixture.get(key), relative, key);
      else expect(param.grad).toBeNull();
    }
  });
});

describe('optimisers', () => {
  it('leave a parameter without a gradient and its momentum untouched', () => {
    const [touched, left] = [torch.ones([2]), torch.ones([2])].map((t) => t.requiresGrad_());
    const sgd = new torch.SGD([touched!, left!], { lr: 0.1, momentum: 0.9, weightDecay: 0.5 });
    touched!.grad = torch.ones([2]);
    sgd.step();
    expect(touched!.tolist()).toEqual([Math.fround(0.85), Math.fround(0.85)]);
    expect(left!.tolist()).toEqual([1, 1]);
    expect(sgd.momenta.map((momentum) => momentum.tolist())).toEqual([
      [1.5, 1.5],
      [0, 0],
    ]);
  });

  it('clear gradients with zeroGrad', () => {
    const param = torch.ones([2], { requiresGrad: true });
    for (const optimiser of [
      new torch.SGD([param], { lr: 1 }),
      new torch.Adam([param], { lr: 1 }),
    ]) {
      param.square().sum().backward();
      expect(param.grad?.tolist()).toEqual([2, 2]);
      optimiser.zeroGrad();
      expect(param.grad).toBeNull();
    }
  });

  it('take gradients whose size-1 dimensions have strides of another layout', () => {
    const weight = torch.randn([4, 3, 1, 1], { seed: 1, requiresGrad: true });
    const image = torch.randn([2, 3, 5, 5], { seed: 2 });
    const gradientOf = (x: Tensor) => {
      weight.grad = null;
      torch.functional.conv2d(x, weight).square().sum().backward();
      return weight.grad!;
    };
    const expected = weight.detach().sub(gradientOf(image), { alpha: 0.1 });
    gradientOf(image.contiguous({ memoryFormat: 'channelsLast' }));
    new torch.SGD([weight], { lr: 0.1, momentum: 0.9 }).step();
    expectClose(weight, expected, 1e-5, 'weight');
  });

  it('keep to the layout of channels-last parameters', () => {
    const weight = torch
      .randn([4, 3, 3, 3], { seed: 1 })
      .contiguous({ memoryFormat: 'channelsLast' })
      .requiresGrad_();
    const twin = weight.detach().contiguous().requiresGrad_();
    const image = torch.randn([2, 3, 5, 5], { seed: 2 });
    const optimisers = [weight, twin].map((param) => new torch.Adam([param], { lr: 0.1 }));
    for (let step = 0; step < 3; step++) {
      for (const [i, param] of [weight, twin].entries()) {
        optimisers[i]!.zeroGrad();
        torch.functional.conv2d(image, param).square().sum().backward();
        optimisers[i]!.step();
      }
    }
    expect(weight.isContiguous('channelsLast')).toBe(true);
    expectClose(weight, twin, 1e-4, 'weight');
  });

  it('refuse a gradient that does not lie as its parameter does', () => {
    const param = torch.ones([2, 3], { requiresGrad: true });
    param.grad = torch.ones([3, 2]).transpose(0, 1);
    expect(() => new torch.SGD([param], { lr: 1 }).step()).toThrow(
      /sgdStep: gradients 0 does not have its parameter's memory format/,
    );
  });

  it('refuse too few momentum buffers', () => {
    const param = torch.ones([2], { requiresGrad: true });
    param.grad = torch.ones([2]);
    expect(() => torch.sgdStep([param], [], { lr: 1, momentum: 0.9 })).toThrow(
      /sgdStep: expected as many momentum buffers as parameters \(1\), got 0/,
    );
  });

  it('fill tensors with zeros in one call', () => {
    const tensors = [torch.ones([2]), torch.ones([1, 2], { dtype: 'float64' })];
    torch.zeroAll(tensors);
    torch.zeroAll([]);
    expect(tensors.map((tensor) => tensor.tolist())).toEqual([[0, 0], [[0, 0]]]);
  });

  it('lay gradients into an arena, each where the alignment says and in its parameter’s order', () => {
    const params = [torch.zeros([3]), torch.zeros([2, 1, 2, 2]), torch.zeros([2])];
    for (const param of params) param.requiresGrad_();
    const arena = torch.arange(18, { dtype: 'float32' });
    torch.layGrads(params, arena, 8);
    expect(params.map((param) => param.grad!.flatten().tolist())).toEqual([
      [0, 1, 2],
      [8, 9, 10, 11, 12, 13, 14, 15],
      [16, 17],
    ]);
    torch.clearGrads(params);
    expect(params.map((param) => param.grad)).toEqual([null, null, null]);
  });

  it('refuse an arena that gradients do not fit into, and what is no leaf', () => {
    const param = torch.zeros([3], { requiresGrad: true });
    expect(() => torch.layGrads([param], torch.zeros([2]), 1)).toThrow(
      /layGrads: expected an arena of at least 3 elements, got 2/,
    );
    expect(() => torch.layGrads([param], torch.zeros([3, 3]), 1)).toThrow(/of one dimension/);
    expect(() => torch.layGrads([param], torch.zeros([3]), 0)).toThrow(/positive alignment, got 0/);
    expect(() => torch.layGrads([param.mul(2)], torch.zeros([3]), 1)).toThrow(/dense leaves/);
    expect(() => torch.layGrads([param], torch.zeros([3], { dtype: 'float64' }), 1)).toThrow(
      /the arena.s dtype/,
    );
  });
});
