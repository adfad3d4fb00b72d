import { describe, expect, it } from 'vitest';
import type { Parameter } from '../../src/graph/graph.ts';
import { copyInto, ParameterDictionary } from '../../src/learning/parameters.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';

const parameters: Parameter[] = [
  { name: 'a/conv', shape: [64, 32, 3, 3], init: { kind: 'he', fanIn: 288 } },
  { name: 'a/gamma', shape: [5], init: { kind: 'constant', value: 1 } },
  { name: 'b/linear', shape: [3, 7], init: { kind: 'uniform', low: -0.1, high: 0.1 } },
];

const create = (seed = 1, all = parameters, momentum = true, denseUpdates = false) =>
  new ParameterDictionary(
    { parameters: all },
    { device: 'cpu', streams: new Streams(seed), stream: 'omega/init', momentum, denseUpdates },
  );
const sgd = { lr: 0.1, momentum: 0.9, weightDecay: 0.01, clipNorm: 0 };
const listOf = (tensor: torch.Tensor) => Array.from(tensor.toTypedArray() as Float32Array);

/** A step on the sum of the named parameters: every gradient element is 1. */
function stepOnSum(shared: ParameterDictionary, names: string[], own: Partial<typeof sgd> = {}) {
  shared.zeroGrad(names);
  torch.scope(() => {
    const sums = names.map((name) => shared.lookup(name).sum());
    torch.stack(sums).sum().backward();
    shared.step(names, { ...sgd, ...own });
  });
}

describe('the shared parameters', () => {
  it('count what is trained, without the padding between them', () => {
    expect(create().size).toBe(64 * 32 * 9 + 5 + 21);
  });

  it('start as their init says', () => {
    const shared = create();
    const conv = shared.lookup('a/conv');
    expect(conv.std().item()).toBeCloseTo(Math.sqrt(2 / 288), 2);
    expect(conv.mean().item()).toBeCloseTo(0, 2);
    expect(listOf(shared.lookup('a/gamma'))).toEqual([1, 1, 1, 1, 1]);
    const linear = listOf(shared.lookup('b/linear'));
    expect(Math.max(...linear.map(Math.abs))).toBeLessThanOrEqual(0.1);
    expect(new Set(linear).size).toBe(21);
  });

  it('are drawn by name: another seed or another name is another draw, another order is not', () => {
    const reordered = create(1, [...parameters].reverse());
    expect(listOf(reordered.lookup('a/conv'))).toEqual(listOf(create().lookup('a/conv')));
    expect(listOf(create(2).lookup('a/conv'))).not.toEqual(listOf(create().lookup('a/conv')));
  });

  it('lie channels-last where they are convolution weights', () => {
    expect(create().lookup('a/conv').isContiguous('channelsLast')).toBe(true);
  });

  it('keep no momentum buffers where the steps have none, and move by plain SGD', () => {
    const plain = create(1, parameters, false);
    expect(plain.momenta()).toEqual({});
    stepOnSum(plain, ['a/gamma'], { momentum: 0 });
    expect(listOf(plain.lookup('a/gamma'))[0]).toBeCloseTo(1 - 0.1 * 1.01);
  });

  it('hold running statistics beside what is trained, and save both', () => {
    const buffers = [{ name: 'a/runningVar', shape: [5], value: 1 }];
    const dictionary = new ParameterDictionary(
      { parameters, buffers },
      { device: 'cpu', streams: new Streams(1), stream: 'train/init', momentum: true },
    );
    expect(listOf(dictionary.lookup('a/runningVar'))).toEqual([1, 1, 1, 1, 1]);
    expect(Object.keys(dictionary.values())).toContain('a/runningVar');
    expect(dictionary.size).toBe(create().size);
  });

  it('move by Nesterov SGD with weight decay where touched', () => {
    const shared = create();
    let w = 1;
    let v = 0;
    for (let i = 0; i < 3; i++) {
      stepOnSum(shared, ['a/gamma']);
      const g = 1 + 0.01 * w;
      v = 0.9 * v + g;
      w -= 0.1 * (g + 0.9 * v);
    }
    for (const value of listOf(shared.lookup('a/gamma'))) expect(value).toBeCloseTo(w, 5);
  });

  it('stay exactly as they are, momentum too, where untouched', () => {
    const shared = create();
    stepOnSum(shared, ['a/gamma', 'b/linear']);
    const value = listOf(shared.lookup('b/linear'));
    const momentum = listOf(shared.momenta()['b/linear']!);
    stepOnSum(shared, ['a/gamma']);
    expect(listOf(shared.lookup('b/linear'))).toEqual(value);
    expect(listOf(shared.momenta()['b/linear']!)).toEqual(momentum);
  });

  it('all move with dense updates: decay and momentum, by no stale gradient', () => {
    const shared = create(1, parameters, true, true);
    stepOnSum(shared, ['a/gamma', 'b/linear']);
    const [w0] = listOf(shared.lookup('b/linear'));
    const [v0] = listOf(shared.momenta()['b/linear']!);
    stepOnSum(shared, ['a/gamma']);
    const g = 0.01 * w0!;
    const v = 0.9 * v0! + g;
    expect(listOf(shared.momenta()['b/linear']!)[0]).toBeCloseTo(v, 6);
    expect(listOf(shared.lookup('b/linear'))[0]).toBeCloseTo(w0! - 0.1 * (g + 0.9 * v), 6);
  });

  it('have no gradient left after a step, and none of a step that was begun and given up', () => {
    const shared = create();
    stepOnSum(shared, ['a/gamma']);
    expect(listOf(shared.lookup('a/gamma').grad!)).toEqual([0, 0, 0, 0, 0]);
    shared.zeroGrad(['a/gamma']);
    torch.scope(() => shared.lookup('a/gamma').sum().backward());
    shared.zeroGrad(['a/gamma']);
    expect(listOf(shared.lookup('a/gamma').grad!)).toEqual([0, 0, 0, 0, 0]);
  });

  it('have a gradient where a step touches them, the others none', () => {
    const shared = create();
    stepOnSum(shared, ['a/conv', 'b/linear']);
    shared.zeroGrad(['a/gamma']);
    expect(shared.lookup('a/conv').grad).toBeNull();
    expect(shared.lookup('b/linear').grad).toBeNull();
    expect(listOf(shared.lookup('a/gamma').grad!)).toEqual([0, 0, 0, 0, 0]);
  });

  it('have gradients that lie beside each other, not upon each other', () => {
    const shared = create();
    const names = ['b/linear', 'a/gamma', 'a/conv'];
    shared.zeroGrad(names);
    for (const [i, name] of names.entries()) shared.lookup(name).grad!.fill_(i + 1);
    const means = names.map((name) => shared.lookup(name).grad!.mean().item());
    expect(means).toEqual([1, 2, 3]);
    expect(shared.lookup('a/conv').grad!.isContiguous('channelsLast')).toBe(true);
  });

  it('clip the global norm of the touched gradients', () => {
    const shared = create();
    const before = listOf(shared.lookup('a/gamma'));
    stepOnSum(shared, ['a/gamma'], { clipNorm: 0.5, momentum: 0, weightDecay: 0 });
    const moved = listOf(shared.lookup('a/gamma')).map((w, i) => before[i]! - w);
    expect(Math.hypot(...moved)).toBeCloseTo(0.1 * 0.5, 5);
  });

  it('refuse a name they do not have', () => {
    expect(() => create().lookup('a/convv')).toThrow(/the name of a parameter of the graph/);
  });
});

describe('taking over a checkpoint', () => {
  it('copies values of the same names and shapes', () => {
    const [from, into] = [create(1), create(2)];
    copyInto('shared', into.values(), from.values());
    expect(listOf(into.lookup('b/linear'))).toEqual(listOf(from.lookup('b/linear')));
  });

  it('refuses a tensor that is missing, unknown or of another shape', () => {
    const shared = create();
    const { 'a/gamma': gamma, ...rest } = shared.values();
    expect(() => copyInto('shared', shared.values(), rest)).toThrow(/expected a\/gamma of shape/);
    const more = { ...shared.values(), c: gamma! };
    expect(() => copyInto('shared', shared.values(), more)).toThrow(/unknown tensor c/);
    const other = { ...shared.values(), 'a/gamma': torch.zeros([6]) };
    expect(() => copyInto('shared', shared.values(), other)).toThrow(/got \[6\]/);
  });
});
