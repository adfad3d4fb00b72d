import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { executeOverTime } from '../../src/graph/overTime.ts';
import type { ExecuteOptions } from '../../src/graph/runNode.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { dictionary, optionsFor } from './running.ts';
import { size, text, tokens, twoLayers, writtenOut, zeroStates } from './twoLayers.ts';

function expectEqual(ours: Tensor, theirs: Tensor, label: string): void {
  expect(ours.shape, label).toEqual(theirs.shape);
  expect(ours.sub(theirs).abs().max().item(), label).toBeLessThan(1e-12);
}

describe.each([
  [6, 4],
  [1, 4],
  [6, 1],
  [1, 1],
])('a recurrent graph over %i time steps of %i examples', (steps, examples) => {
  const graph = twoLayers();
  const input = text(steps, examples);

  it('is its nodes step by step: outputs, states and gradients', () => {
    torch.scope(() => {
      const parameters = dictionary(graph);
      const initial = zeroStates(graph, examples, 50);
      const leaves = [...parameters, ...Object.entries(initial)] as const;
      for (const [, leaf] of leaves) leaf.requiresGrad_();
      const options = optionsFor(parameters);
      const loss = ({ logits, state }: { logits: Tensor; state: Tensor }) => {
        const weights = torch.randn(logits.shape, { seed: 5, dtype: 'float64' });
        return logits.mul(weights).sum().add(state.square().sum());
      };
      const theirs = writtenOut(input, initial, options.lookup);
      loss({ logits: theirs.logits, state: theirs.states['one/h']! }).backward();
      const expected = new Map(leaves.map(([name, leaf]) => [name, leaf.grad!.clone()]));
      for (const [, leaf] of leaves) leaf.grad = null;

      const ours = executeOverTime(graph, input, initial, options);
      expectEqual(ours.outputs.logits!, theirs.logits, 'logits');
      expectEqual(ours.outputs.hidden!, theirs.hidden, 'hidden');
      for (const name of ['one/h', 'two/h']) {
        expectEqual(ours.states[name]!, theirs.states[name]!, name);
      }
      loss({ logits: ours.outputs.logits!, state: ours.states['one/h']! }).backward();
      for (const [name, leaf] of leaves) {
        expectEqual(leaf.grad!, expected.get(name)!, `gradient of ${name}`);
      }
    });
  });

  it('goes on where an earlier call stopped', () => {
    torch.scope(() => {
      const options = optionsFor(dictionary(graph));
      const initial = zeroStates(graph, examples);
      const whole = executeOverTime(graph, torch.cat([input, input]), initial, options);
      const first = executeOverTime(graph, input, initial, options);
      const second = executeOverTime(graph, input, first.states, options);
      const joined = torch.cat([first.outputs.logits!, second.outputs.logits!]);
      expectEqual(joined, whole.outputs.logits!, 'logits');
      expectEqual(second.states['two/h']!, whole.states['two/h']!, 'state');
    });
  });
});

describe('the gradients over time', () => {
  it('are what finite differences say', () => {
    torch.scope(() => {
      const graph = twoLayers(0.4);
      const parameters = dictionary(graph);
      // Signed, so that no unit is saturated and no gradient all but zero.
      for (const tensor of parameters.values()) torch.noGrad(() => tensor.sub_(1));
      const input = text(4, 2);
      const loss = () =>
        executeOverTime(graph, input, zeroStates(graph, 2, 9), optionsFor(parameters))
          .outputs.logits!.square()
          .mean();
      loss().backward();
      for (const [name, tensor] of parameters) {
        const flat = tensor.detach().view([-1]);
        const gradient = tensor.grad!.reshape([-1]);
        for (let i = 0; i < flat.numel(); i += 4) {
          const at = (by: number) =>
            torch.scope(() => {
              flat.select(0, i).add_(by);
              const value = torch.noGrad(loss).item();
              flat.select(0, i).sub_(by);
              return value;
            });
          const difference = (at(1e-6) - at(-1e-6)) / 2e-6;
          expect(gradient.select(0, i).item(), `${name}[${i}]`).toBeCloseTo(difference, 8);
        }
      }
    });
  });
});

describe('dropout over time', () => {
  const [steps, examples, p] = [7, 4, 0.5];
  const seedOf = (stream: string) =>
    [...stream].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 2 ** 40;
  const drawn = (stream: string, shape: readonly number[]) =>
    F.dropout(torch.ones(shape, { dtype: 'float64' }), { p, seed: seedOf(stream) });

  it('has one mask for all time steps where it is variational, in and outside of recurrences', () => {
    torch.scope(() => {
      const graph = twoLayers(p, true);
      const asked: string[] = [];
      const options = optionsFor(dictionary(graph), {
        seed(stream) {
          asked.push(stream);
          return seedOf(stream);
        },
      });
      const initial = zeroStates(graph, examples, 2);
      const ours = executeOverTime(graph, text(steps, examples), initial, options);
      expect(asked.sort()).toEqual(['dropOut', 'one/dropH', 'two/dropH']);
      const mask = (name: string) => drawn(name, [examples, size]);
      const theirs = writtenOut(text(steps, examples), initial, options.lookup, mask);
      expectEqual(ours.outputs.hidden!, theirs.hidden, 'hidden');
      expectEqual(ours.states['two/h']!, theirs.states['two/h']!, 'state');
    });
  });

  it('has a mask for each time step where it is not', () => {
    torch.scope(() => {
      const graph = twoLayers(p, false);
      const options = optionsFor(dictionary(graph), { seed: seedOf });
      const initial = zeroStates(graph, examples, 2);
      const ours = executeOverTime(graph, text(steps, examples), initial, options);
      const outer = drawn('dropOut', [steps, examples, size]);
      const mask = (name: string, step: number) =>
        name === 'dropOut' ? outer.select(0, step) : drawn(`${name}/step${step}`, [examples, size]);
      const theirs = writtenOut(text(steps, examples), initial, options.lookup, mask);
      expectEqual(ours.outputs.hidden!, theirs.hidden, 'hidden');
    });
  });

  it('drops nothing outside training', () => {
    torch.scope(() => {
      const [graph, plain] = [twoLayers(p), twoLayers()];
      const options = optionsFor(dictionary(graph), { training: false });
      const results = [graph, plain].map((each) =>
        executeOverTime(each, text(steps, examples), zeroStates(graph, examples), options),
      );
      expectEqual(results[0]!.outputs.logits!, results[1]!.outputs.logits!, 'logits');
    });
  });
});

describe('a run over time', () => {
  it('runs once what depends on no past of its own, and looks each parameter up once', () => {
    torch.scope(() => {
      const graph = twoLayers();
      const parameters = dictionary(graph);
      const asked: string[] = [];
      const lookup = (name: string) => {
        asked.push(name);
        return parameters.get(name)!;
      };
      const options = { lookup, training: true };
      executeOverTime(graph, text(9, 2), zeroStates(graph, 2), options);
      const counts = new Map<string, number>();
      for (const name of asked) counts.set(name, (counts.get(name) ?? 0) + 1);
      expect(Object.fromEntries(counts)).toEqual({
        ...Object.fromEntries(graph.parameters.map(({ name }) => [name, 1])),
        'embedding/weight': 2,
      });
    });
  });

  it('normalises by the statistics of all time steps and examples', () => {
    torch.scope(() => {
      const g = new GraphBuilder();
      const x = g.input([2], { name: 'x' });
      const sum = g.add([x, g.state([2], { name: 'h' })]);
      const graph = g.build({ y: g.batchNorm(sum, { name: 'bn' }) }, { states: { h: sum } });
      const parameters = dictionary(graph);
      const options = optionsFor(parameters);
      const input = torch.randn([5, 3, 2], { seed: 4, dtype: 'float64' });
      const { y } = executeOverTime(graph, input, zeroStates(graph, 3), options).outputs;
      const sums = input.cumsum(0).reshape([15, 2]);
      const centred = sums.sub(sums.mean(0));
      const deviation = sums.variance(0, { correction: 0 }).add(1e-5).sqrt();
      const [gamma, beta] = ['bn/gamma', 'bn/beta'].map(options.lookup);
      const expected = centred.div(deviation).mul(gamma!).add(beta!).reshape([5, 3, 2]);
      expectEqual(y!, expected, 'y');
    });
  });

  it('delays by a state that depends on no past of its own, and keeps one that never changes', () => {
    torch.scope(() => {
      const g = new GraphBuilder();
      const x = g.input([1], { name: 'x' });
      const before = g.state([1], { name: 'before' });
      const constant = g.state([1], { name: 'constant' });
      const graph = g.build(
        { y: g.add([x, before, constant]), before, x },
        { states: { before: x, constant } },
      );
      const input = torch.tensor([[[1]], [[2]], [[3]]]);
      const given = { before: torch.tensor([[10]]), constant: torch.tensor([[100]]) };
      const options: ExecuteOptions = { lookup: () => input, training: true };
      const { outputs, states } = executeOverTime(graph, input, given, options);
      expect(outputs.y!.reshape([-1]).tolist()).toEqual([111, 103, 105]);
      expect(outputs.before!.reshape([-1]).tolist()).toEqual([10, 1, 2]);
      expect(outputs.x!.tolist()).toEqual(input.tolist());
      expect([states.before!.item(), states.constant!.item()]).toEqual([3, 100]);
    });
  });

  it('runs, asks for and returns only what the outputs asked for need', () => {
    torch.scope(() => {
      const g = new GraphBuilder();
      const x = g.input([1], { name: 'x' });
      const [a, b] = ['a', 'b'].map((name) => g.add([x, g.state([1], { name })]));
      const graph = g.build({ a: a!, b: b! }, { states: { a: a!, b: b! } });
      const input = torch.tensor([[[1]], [[2]]]);
      const options = { lookup: () => input, training: true, outputs: ['b'] };
      const run = executeOverTime(graph, input, { b: torch.zeros([1, 1]) }, options);
      expect(Object.keys(run.outputs)).toEqual(['b']);
      expect(Object.keys(run.states)).toEqual(['b']);
      expect(run.states.b!.item()).toBe(3);
    });
  });

  it('runs a graph without states in one go', () => {
    const g = new GraphBuilder();
    const graph = g.build({ y: g.relu(g.input([2], { name: 'x' })) });
    const input = torch.tensor([[[-1, 2]], [[3, -4]]]);
    const options: ExecuteOptions = { lookup: () => input, training: true };
    const { outputs, states } = executeOverTime(graph, input, {}, options);
    expect(outputs.y!.tolist()).toEqual([[[0, 2]], [[3, 0]]]);
    expect(states).toEqual({});
  });

  it('releases everything but its outputs and states', () => {
    torch.scope(() => {
      const graph = twoLayers(0.3);
      const options = optionsFor(dictionary(graph));
      const [input, initial] = [text(6, 2), zeroStates(graph, 2)];
      const before = collected().tensors;
      const run = executeOverTime(graph, input, initial, options);
      expect(Object.keys(run.outputs).length + Object.keys(run.states).length).toBe(4);
      // An output is a view of the value, time steps apart, so that there are two tensors for each.
      expect(torch.memory().tensors - before).toBeLessThanOrEqual(6);
    });
  });

  it('holds no more at many time steps than at few, but for what is folded', () => {
    torch.scope(() => {
      const g = new GraphBuilder();
      const x = g.input([1], { name: 'x' });
      const wide = g.gates(g.state([64], { name: 'h' }), { name: 'again', out: 64 });
      const next = g.highway(wide, { activation: 'tanh' });
      const graph = g.build(
        { y: g.add([x, g.linear(next, { name: 'out', out: 1 })]) },
        { states: { h: next } },
      );
      const parameters = dictionary(graph);
      let most = 0;
      const lookup = (name: string) => {
        most = Math.max(most, torch.memory().bytes);
        return parameters.get(name)!;
      };
      const input = torch.zeros([50, 8, 1], { dtype: 'float64' });
      const states = zeroStates(graph, 8);
      const before = collected().bytes;
      torch.noGrad(() => executeOverTime(graph, input, states, { lookup, training: false }));
      // When the map after the recurrence begins: its sequence, and no step's intermediates.
      expect(most - before).toBeLessThanOrEqual(50 * 8 * (64 + 1) * 8 + 8 * 64 * 8 + 1024);
    });
  });
});

describe('a run over time refuses', () => {
  const graph = twoLayers();
  const run = (input: Tensor, states: Record<string, Tensor>) => () =>
    torch.scope(() => executeOverTime(graph, input, states, optionsFor(dictionary(graph))));

  it.each([[[3, 2, 1]], [[3]], [[0, 2]]])('an input of shape %j', (shape) => {
    const input = torch.zeros(shape, { dtype: 'int64' });
    expect(run(input, zeroStates(graph, 2))).toThrow(
      `executeOverTime: input: expected [T, N], got "[${shape.join(', ')}]"; give at least one time step`,
    );
  });

  it('a state that is missing or of another shape', () => {
    const states = zeroStates(graph, 2);
    const { 'two/h': _, ...missing } = states;
    expect(run(text(3, 2), missing)).toThrow(
      'executeOverTime: state two/h: expected [2, 3], got undefined; begin with zeros, or go on with the states of the call before',
    );
    expect(run(text(3, 4), states)).toThrow(
      'executeOverTime: state one/h: expected [4, 3], got "[2, 3]"',
    );
  });

  it('tokens that are not whole numbers, or not in the vocabulary', () => {
    const states = zeroStates(graph, 2);
    expect(run(torch.ones([3, 2]), states)).toThrow(/embedding/);
    expect(run(torch.full([3, 2], tokens, { dtype: 'int64' }), states)).toThrow(/embedding|index/);
  });

  it('dropout without a seed', () => {
    const dropping = twoLayers(0.5);
    const parameters = dictionary(dropping);
    const options: ExecuteOptions = { lookup: (name) => parameters.get(name)!, training: true };
    expect(() =>
      torch.scope(() => executeOverTime(dropping, text(2, 2), zeroStates(dropping, 2), options)),
    ).toThrow('execute: seed: expected a function, got undefined; one/dropH draws at random');
  });
});
