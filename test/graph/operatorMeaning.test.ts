import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { execute } from '../../src/graph/execute.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { build, optionsFor } from './running.ts';

describe('what an operator means', () => {
  const image = torch.arange(16, { dtype: 'float64' }).reshape([1, 1, 4, 4]);
  const run = (
    graph: Graph,
    input: Tensor,
    parameters: Record<string, Tensor> = {},
    training = true,
  ) => execute(graph, input, optionsFor(new Map(Object.entries(parameters)), { training })).y!;

  it('concatConv is the 1×1 convolution of the concatenation', () => {
    const graph = build([2, 2, 2], (g, x) => g.concatConv([x, x], { name: 'y', out: 1 }));
    const x = torch.tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
        [
          [10, 20],
          [30, 40],
        ],
      ],
    ]);
    const y = run(graph, x, {
      'y/weight0': torch.tensor([1, 1]).reshape([1, 2, 1, 1]),
      'y/weight1': torch.tensor([0, 100]).reshape([1, 2, 1, 1]),
    });
    expect(y.tolist()).toEqual([
      [
        [
          [1011, 2022],
          [3033, 4044],
        ],
      ],
    ]);
  });

  it('average pooling does not count the padding', () => {
    const graph = build([1, 4, 4], (g, x) => g.avgPool(x, { kernel: 3 }));
    const y = run(graph, torch.ones([1, 1, 4, 4]));
    expect(y.eq(1).all().item()).toBe(1);
    // The corner: 0, 1, 4, 5.
    expect(run(graph, image).select(2, 0).select(2, 0).item()).toBe(2.5);
  });

  it('max pooling never takes the padding', () => {
    const graph = build([1, 4, 4], (g, x) => g.maxPool(x, { kernel: 3 }));
    expect(run(graph, image.neg()).select(2, 3).select(2, 3).item()).toBe(-10);
  });

  it('subsample takes every second pixel, and a zero where the size is odd', () => {
    const pixels = (size: number, offset: 0 | 1) => {
      const graph = build([1, size, size], (g, x) => g.subsample(x, { offset }));
      return run(graph, image.slice(2, 0, size).slice(3, 0, size)).tolist();
    };
    expect(pixels(4, 0)).toEqual([
      [
        [
          [0, 2],
          [8, 10],
        ],
      ],
    ]);
    expect(pixels(4, 1)).toEqual([
      [
        [
          [5, 7],
          [13, 15],
        ],
      ],
    ]);
    expect(pixels(3, 0)).toEqual([
      [
        [
          [0, 2],
          [8, 10],
        ],
      ],
    ]);
    expect(pixels(3, 1)).toEqual([
      [
        [
          [5, 0],
          [0, 0],
        ],
      ],
    ]);
  });

  it('running statistics move in training and are used outside it', () => {
    const graph = build([1], (g, x) =>
      g.batchNorm(x, { name: 'y', statistics: 'running', momentum: 0.5, eps: 1e-12 }),
    );
    const own = {
      'y/gamma': torch.tensor([1]),
      'y/beta': torch.tensor([0]),
      'y/runningMean': torch.tensor([0]),
      'y/runningVar': torch.tensor([1]),
    };
    const x = torch.tensor([[1], [3]]);
    expect(run(graph, x, own).tolist()).toEqual([[-1], [1]]);
    // Half way to the mean 2, and to the unbiased variance 2.
    expect([own['y/runningMean'].item(), own['y/runningVar'].item()]).toEqual([1, 1.5]);
    const outside = run(graph, x, own, false).tolist();
    expect(outside).toEqual([[0], [expect.closeTo(2 / Math.sqrt(1.5), 6)]]);
    expect([own['y/runningMean'].item(), own['y/runningVar'].item()]).toEqual([1, 1.5]);
  });

  it('the batch’s statistics are used outside training too', () => {
    const graph = build([1], (g, x) => g.batchNorm(x, { name: 'y', eps: 1e-12 }));
    const own = { 'y/gamma': torch.tensor([2]), 'y/beta': torch.tensor([5]) };
    expect(run(graph, torch.tensor([[1], [3]]), own, false).tolist()).toEqual([[3], [7]]);
  });

  it('dropout draws from the node’s own seed, and not at all outside training', () => {
    const g = new GraphBuilder();
    const x = g.input([50], { name: 'x' });
    const graph = g.build({
      first: g.dropout(x, { name: 'first', p: 0.5 }),
      second: g.dropout(x, { name: 'second', p: 0.5 }),
    });
    const asked: string[] = [];
    const seed = (name: string) => {
      asked.push(name);
      return name.length;
    };
    const ones = torch.ones([1, 50]);
    const drawn = execute(graph, ones, optionsFor(new Map(), { seed }));
    expect(asked).toEqual(['first', 'second']);
    expect(drawn.first!.eq(drawn.second!).all().item()).toBe(0);
    expect(execute(graph, ones, optionsFor(new Map(), { seed })).first!.tolist()).toEqual(
      drawn.first!.tolist(),
    );
    const still = execute(graph, ones, { lookup: () => ones, training: false });
    expect(still.first!.tolist()).toEqual(ones.tolist());
  });

  it('dropPath drops whole examples, more of them as the training goes on', () => {
    const graph = build([2, 3], (g, x) => g.dropPath(x, { name: 'y', p: 0.5 }));
    const ones = torch.ones([400, 2, 3], { dtype: 'float64' });
    const kept = (progress: number) => {
      const y = execute(graph, ones, optionsFor(new Map(), { progress })).y!.reshape([400, 6]);
      const [least, most] = [y.min(1), y.max(1)];
      expect(least.eq(most).all().item()).toBe(1);
      expect(most.max().item()).toBeCloseTo(1 / (1 - 0.5 * progress), 12);
      return most.gt(0).to({ dtype: 'float64' }).mean().item();
    };
    expect(kept(0)).toBe(1);
    expect(kept(0.5)).toBeCloseTo(0.75, 1);
    expect(kept(1)).toBeCloseTo(0.5, 1);
    const options = optionsFor(new Map(), { training: false });
    expect(execute(graph, ones, options).y).toBe(ones);
  });

  it('gates are x·W(c) and x·W(h) side by side', () => {
    const graph = build([2], (g, x) => g.gates(x, { name: 'y', out: 1 }));
    const y = run(graph, torch.tensor([[1, 10]]), {
      'y/c': torch.tensor([[1, 2]]),
      'y/h': torch.tensor([[3, 4]]),
    });
    expect(y.tolist()).toEqual([[21, 43]]);
  });

  it.each([
    ['tanh', Math.tanh(-1)],
    ['relu', 0],
    ['identity', -1],
    ['sigmoid', 1 / (1 + Math.E)],
  ] as const)('a highway unit with %s is equation (3), and (5) with a carry', (activation, f) => {
    const g = new GraphBuilder();
    const z = g.input([2], { name: 'z' });
    const carry = g.linear(z, { name: 'carry', out: 1, bias: false });
    const graph = g.build({
      bare: g.highway(z, { activation }),
      carried: g.highway(z, { activation, carry }),
    });
    // The gate is σ(ln 3) = 3/4, the carry 7.
    const input = torch.tensor([[Math.log(3), -1]], { dtype: 'float64' });
    const weight = torch.tensor([[0, -7]], { dtype: 'float64' });
    const { bare, carried } = execute(graph, input, { lookup: () => weight, training: true });
    expect(bare!.item()).toBeCloseTo(0.75 * f, 12);
    expect(carried!.item()).toBeCloseTo(0.75 * f + 0.25 * 7, 12);
  });

  it('the mean of a single input is that input', () => {
    const graph = build([2], (g, x) => g.mean([g.relu(x)]));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'relu']);
    const two = build([2], (g, x) => g.mean([x, g.relu(x)]));
    expect(run(two, torch.tensor([[-4, 3]])).tolist()).toEqual([[-2, 3]]);
  });
});
