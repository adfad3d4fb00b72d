import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleText } from '../../src/data/text/assemble.ts';
import type { TextDataset } from '../../src/data/text/dataset.ts';
import { executeOverTime } from '../../src/graph/overTime.ts';
import type { Network, Position } from '../../src/learning/learner.ts';
import { drained } from '../../src/learning/paced.ts';
import { copyInto } from '../../src/learning/parameters.ts';
import { TextLearner, type TextLearnerOptions } from '../../src/learning/text.ts';
import { Streams } from '../../src/random/streams.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { cell, hidden, networkOf } from './recurrentNetwork.ts';

const words = ['<eos>', 'a', 'b', 'c', 'd', 'e'];

/** Every word follows from the one before and the one before that, with some noise. */
function text(tokens: { train?: number; valid?: number; test?: number } = {}): TextDataset {
  const { train = 300, valid = 131, test = 67 } = tokens;
  const split = (name: string, length: number) => {
    const draw = new Streams(0).draw(name);
    const ids = [0, 1];
    while (ids.length < length) {
      const noise = draw.uniform() < 0.2 ? draw.integer(0, 6) : 0;
      ids.push((ids.at(-1)! + 2 * ids.at(-2)! + 1 + noise) % 6);
    }
    return Int32Array.from(ids);
  };
  const raw = { name: 'toy', notes: [], words };
  return assembleText(
    {
      ...raw,
      train: split('train', train),
      valid: split('valid', valid),
      test: split('test', test),
    },
    { device: 'cpu', trainLimit: null, vocabularyLimit: null },
  );
}

const dataset = text();
const eos = ({ vocabulary }: TextDataset) => vocabulary.indexOf('<eos>');
const defaults: TextLearnerOptions = {
  streams: new Streams(3),
  device: 'cpu',
  batch: 4,
  rewardBatch: 3,
  rewardScale: 80,
  bptt: 7,
  bpttJitter: false,
  activationReg: 0,
  temporalActivationReg: 0,
  stream: 'omega',
  states: { h: [hidden] },
};
const learnerOf = (own: Partial<TextLearnerOptions> = {}, data = dataset) =>
  new TextLearner(data, { ...defaults, ...own });
const at = (index: number, epoch = 1): Position => ({ epoch, index, step: index, progress: 0 });
const tokensOf = (tensor: torch.Tensor) => Array.from(tensor.toTypedArray(), Number);
const plain = cell(words.length);

/** The cell in JavaScript, in double precision, a token at a time. */
function reference({ lookup }: Network) {
  const rows = (name: string) => lookup(name).tolist() as number[][];
  const [table, wc, wh, head] = ['embedding/weight', 'gates/c', 'gates/h', 'head/weight'].map(rows);
  const bias = lookup('head/bias').tolist() as number[];
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  return (token: number, h: number[]) => {
    const x = [...table![token]!, ...h];
    const next = wc!.map((row, i) => Math.tanh(dot(wh![i]!, x)) / (1 + Math.exp(-dot(row, x))));
    const logits = head!.map((row, i) => dot(row, next) + bias[i]!);
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    return { next, nats: logits.map((z) => Math.log(total) - z) };
  };
}

describe('the perplexity of a split', () => {
  it('is that of reading it token by token from <eos> on, the state carried', () => {
    const network = networkOf(plain);
    const step = reference(network);
    for (const split of ['valid', 'test'] as const) {
      const tokens = tokensOf(dataset[split]);
      let h = new Array<number>(hidden).fill(0);
      let nats = 0;
      tokens.forEach((token, i) => {
        const read = step(i === 0 ? eos(dataset) : tokens[i - 1]!, h);
        h = read.next;
        nats += read.nats[token]!;
      });
      const { perplexity } = drained(learnerOf().evaluate(network, split));
      expect(perplexity).toBeCloseTo(Math.exp(nats / tokens.length), 4);
    }
  });

  it('is the same to the last digit for every batch size and length', () => {
    const network = networkOf(plain);
    const expected = drained(learnerOf().evaluate(network, 'test'));
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, size, (batch, rewardBatch, bptt) => {
        const learner = learnerOf({ batch, rewardBatch, bptt });
        expect(drained(learner.evaluate(network, 'test'))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('does not depend on the pieces that a long text is read in', () => {
    const network = networkOf(plain);
    const long = text({ test: 1300 });
    const inOne = torch.scope(() => {
      const all = long.test;
      const inputs = torch.cat([
        torch.full([1], eos(long), { dtype: 'int64' }),
        all.narrow(0, 0, 1299),
      ]);
      const { outputs } = executeOverTime(
        network.graph,
        inputs.unsqueeze(1),
        { h: torch.zeros([1, hidden]) },
        { lookup: network.lookup, training: false },
      );
      return F.crossEntropy(outputs.logits!.flatten(0, 1), all).item();
    });
    const { perplexity } = drained(learnerOf({}, long).evaluate(network, 'test'));
    expect(perplexity).toBeCloseTo(Math.exp(inOne), 5);
  });

  it('of a network with running statistics does not depend on a batch size either', () => {
    const network = networkOf(cell(words.length, { batchNorm: 'running' }));
    const [one, other] = [1, 5].map((rewardBatch) =>
      drained(learnerOf({ rewardBatch }).evaluate(network, 'valid')),
    );
    expect(other).toEqual(one);
  });

  it('of a network with the statistics of the minibatch is over columns in pieces', () => {
    const network = networkOf(cell(words.length, { batchNorm: 'batch' }));
    const { perplexity } = drained(learnerOf().evaluate(network, 'test'));
    // 67 tokens: 3 columns of 22, 21 steps, 3 pieces of 7.
    const nats = torch.scope(() => {
      const columns = dataset.test.narrow(0, 0, 66).view([3, 22]).transpose(0, 1);
      let states: Record<string, torch.Tensor> = { h: torch.zeros([3, hidden]) };
      let sum = 0;
      for (const start of [0, 7, 14]) {
        const inputs = columns.narrow(0, start, 7).contiguous();
        const run = executeOverTime(network.graph, inputs, states, {
          lookup: network.lookup,
          training: false,
        });
        states = run.states;
        const targets = columns
          .narrow(0, start + 1, 7)
          .contiguous()
          .flatten();
        sum += F.crossEntropy(run.outputs.logits!.flatten(0, 1), targets).item();
      }
      return sum / 3;
    });
    expect(perplexity).toBeCloseTo(Math.exp(nats), 4);
  });

  it('does not drop anything', () => {
    const dropping = networkOf(cell(words.length, { dropout: 0.9 }));
    expect(drained(learnerOf().evaluate(dropping, 'valid'))).toEqual(
      drained(learnerOf().evaluate({ ...dropping, graph: plain }, 'valid')),
    );
  });
});

describe('a step of learning', () => {
  it('reports the cross-entropy per token and its perplexity, and counts tokens', () => {
    const network = networkOf(plain);
    const learned = torch.scope(() => learnerOf().learn([network], at(0)));
    const step = reference(network);
    const tokens = tokensOf(dataset.train);
    let nats = 0;
    for (const column of [0, 1, 2, 3]) {
      let h = new Array<number>(hidden).fill(0);
      for (let t = 0; t < 7; t++) {
        const read = step(tokens[75 * column + t]!, h);
        h = read.next;
        nats += read.nats[tokens[75 * column + t + 1]!]!;
      }
    }
    expect(learned.loss).toBeCloseTo(nats / 28, 5);
    expect(learned.score).toEqual({ perplexity: Math.exp(learned.loss) });
    expect(learned).toMatchObject({ count: 28, lrScale: 1 });
  });

  it('starts with the state that the step before ended with, and with zeros in a new epoch', () => {
    const network = networkOf(plain);
    const learner = learnerOf();
    const first = learner.learn([network], at(0)).loss;
    const afterFirst = learner.carried().h!.tolist();
    const second = learner.learn([network], at(1)).loss;
    const [alone, together] = torch.scope(() => {
      const columns = dataset.train.view([4, 75]).transpose(0, 1);
      const run = (start: number, length: number, h: torch.Tensor) => {
        const { outputs, states } = executeOverTime(
          plain,
          columns.narrow(0, start, length).contiguous(),
          { h },
          { lookup: network.lookup, training: true },
        );
        const logits = outputs.logits!.narrow(0, length - 7, 7).flatten(0, 1);
        const targets = columns.narrow(0, start + 1 + length - 7, 7).contiguous();
        return { loss: F.crossEntropy(logits, targets.flatten()).item(), states };
      };
      const zeros = torch.zeros([4, hidden]);
      expect(run(0, 7, zeros).states.h!.tolist()).toEqual(afterFirst);
      return [run(7, 7, zeros).loss, run(0, 14, zeros).loss];
    });
    expect(second).toBeCloseTo(together!, 5);
    expect(Math.abs(second - alone!)).toBeGreaterThan(1e-4);
    expect(learner.learn([network], at(0, 2)).loss).toBe(first);
  });

  it('sends no gradient into the step before', () => {
    const network = networkOf(plain);
    const learner = learnerOf();
    learner.learn([network], at(0));
    expect(learner.carried().h!.requiresGrad).toBe(false);
    expect(learner.carried().h!.isLeaf).toBe(true);
  });

  it('of several networks starts each from the same state and carries the last one on', () => {
    const [a, b] = [networkOf(plain, 1), networkOf(plain, 2)];
    const [pair, first, second] = [learnerOf(), learnerOf(), learnerOf()];
    const { loss } = pair.learn([a, b], at(0));
    const alone = [first.learn([a], at(0)).loss, second.learn([b], at(0)).loss];
    expect(loss).toBeCloseTo((alone[0]! + alone[1]!) / 2, 6);
    expect(pair.carried().h!.tolist()).toEqual(second.carried().h!.tolist());
    const next = pair.learn([a, b], at(1)).loss;
    // From b's state, a differs from what it would be from its own.
    copyInto('carried', first.carried(), second.carried());
    const expected = [first.learn([a], at(1)).loss, second.learn([b], at(1)).loss];
    expect(next).toBeCloseTo((expected[0]! + expected[1]!) / 2, 6);
  });

  it('adds the gradients of the mean loss', () => {
    const network = networkOf(plain);
    const names = plain.parameters.map(({ name }) => name);
    const gradient = (networks: number) => {
      network.parameters.zeroGrad(names);
      learnerOf().learn(new Array(networks).fill(network), at(0));
      return tokensOf(network.lookup('gates/c').grad!);
    };
    const [one, three] = [gradient(1), gradient(3)];
    expect(Math.max(...one.map(Math.abs))).toBeGreaterThan(0);
    three.forEach((g, i) => void expect(g).toBeCloseTo(one[i]!, 6));
  });

  it('penalises activations and their change, and reports the cross-entropy alone', () => {
    const network = networkOf(plain);
    const gradient = (own: Partial<TextLearnerOptions>) => {
      network.parameters.zeroGrad(plain.parameters.map(({ name }) => name));
      const { loss } = learnerOf(own).learn([network], at(0));
      return { loss, grad: tokensOf(network.lookup('gates/h').grad!) };
    };
    const [without, withBoth] = [{}, { activationReg: 2, temporalActivationReg: 3 }].map(gradient);
    expect(withBoth!.loss).toBe(without!.loss);
    // The penalty by the definition, its gradient by finite differences.
    const inputs = dataset.train.view([4, 75]).transpose(0, 1).narrow(0, 0, 7).contiguous();
    const penalty = () =>
      torch.scope(() => {
        const { outputs } = executeOverTime(
          plain,
          inputs,
          { h: torch.zeros([4, hidden]) },
          { lookup: network.lookup, training: true },
        );
        const h = outputs.hidden!.tolist() as number[][][];
        const flat = h.flat(2);
        const change = h
          .slice(1)
          .flatMap((row, t) => row.flatMap((column, n) => column.map((x, i) => x - h[t]![n]![i]!)));
        const meanSquare = (xs: number[]) => xs.reduce((sum, x) => sum + x * x, 0) / xs.length;
        return 2 * meanSquare(flat) + 3 * meanSquare(change);
      });
    const weight = network.lookup('gates/h');
    for (const [row, column] of [
      [0, 0],
      [3, 7],
    ] as const) {
      const nudge = (by: number) =>
        torch.noGrad(() => void weight.select(0, row).select(0, column).add_(by));
      nudge(0.01);
      const above = penalty();
      nudge(-0.02);
      const below = penalty();
      nudge(0.01);
      const i = row * 2 * hidden + column;
      expect(withBoth!.grad[i]! - without!.grad[i]!).toBeCloseTo((above - below) / 0.02, 3);
    }
  });

  it('drops by stream, network and step', () => {
    const network = networkOf(cell(words.length, { dropout: 0.5 }));
    const loss = (own: Partial<TextLearnerOptions> = {}, step = 0) =>
      learnerOf(own).learn([network], { ...at(0), step }).loss;
    expect(loss()).toBe(loss());
    expect(loss({ stream: 'train' })).not.toBe(loss());
    expect(loss({}, 1)).not.toBe(loss());
    const both = learnerOf().learn([network, network], at(0)).loss;
    expect(both).not.toBe(loss());
  });

  it('goes on as if nothing had been in between when what it carried is restored', () => {
    const run = (restart: boolean) => {
      let learner = learnerOf({ bpttJitter: true, bptt: 10 });
      const network = networkOf(cell(words.length, { dropout: 0.3 }));
      const names = network.graph.parameters.map(({ name }) => name);
      return [0, 1, 2, 3].map((index) => {
        if (restart && index === 2) {
          const saved = Object.fromEntries(
            Object.entries(learner.carried()).map(([name, state]) => [name, state.clone()]),
          );
          learner = learnerOf({ bpttJitter: true, bptt: 10 });
          copyInto('carried', learner.carried(), saved);
        }
        network.parameters.zeroGrad(names);
        const { loss, lrScale } = learner.learn([network], at(index));
        const sgd = { momentum: 0, weightDecay: 0, clipNorm: 0.25 };
        network.parameters.step(names, { lr: lrScale, ...sgd });
        return loss;
      });
    };
    expect(run(true)).toEqual(run(false));
  });

  it('learns what there is to learn', () => {
    const long = text({ train: 3000 });
    const learner = learnerOf({ batch: 10, bptt: 20 }, long);
    const network = networkOf(plain);
    const names = plain.parameters.map(({ name }) => name);
    const before = drained(learner.evaluate(network, 'test')).perplexity;
    const sgd = { lr: 1, momentum: 0, weightDecay: 0, clipNorm: 1 };
    for (let epoch = 1; epoch <= 12; epoch++) {
      for (let index = 0; index < learner.stepsIn(epoch); index++) {
        network.parameters.zeroGrad(names);
        learner.learn([network], at(index, epoch));
        network.parameters.step(names, sgd);
      }
    }
    expect(before).toBeGreaterThan(5);
    expect(drained(learner.evaluate(network, 'test')).perplexity).toBeLessThan(4);
  });
});

describe('an epoch', () => {
  it('has a step for each piece', () => {
    // 300 tokens in 4 columns of 75: 74 steps, 10 pieces of 7 and one of 4.
    expect(learnerOf().stepsIn(1)).toBe(11);
    expect(learnerOf({ bptt: 73 }).stepsIn(1)).toBe(1);
    const learner = learnerOf();
    expect(learner.learn([networkOf(plain)], at(10)).count).toBe(16);
  });

  it('with jitter has pieces of drawn lengths, which the learning rate goes with', () => {
    const long = text({ train: 4000 });
    const learner = learnerOf({ bpttJitter: true, bptt: 20 }, long);
    const network = networkOf(plain);
    const of = (epoch: number) =>
      Array.from({ length: learner.stepsIn(epoch) }, (_, index) =>
        learner.learn([network], at(index, epoch)),
      );
    const [first, second] = [of(1), of(2)];
    for (const { count, lrScale } of [...first, ...second]) expect(lrScale).toBe(count / 4 / 20);
    expect(first.map(({ count }) => count)).not.toEqual(second.map(({ count }) => count));
    const again = learnerOf({ bpttJitter: true, bptt: 20 }, long);
    expect(again.stepsIn(2)).toBe(second.length);
    expect(first.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(4 * 998);
  });
});

describe('a reward', () => {
  it('is c / perplexity of a minibatch of validation text read from zero states', () => {
    const network = networkOf(plain);
    const step = reference(network);
    const tokens = tokensOf(dataset.valid);
    // 131 tokens: 3 columns of 43, 42 steps, 6 pieces of 7.
    const perplexities = Array.from({ length: 6 }, (_, piece) => {
      let nats = 0;
      for (const column of [0, 1, 2]) {
        let h = new Array<number>(hidden).fill(0);
        for (let t = 7 * piece; t < 7 * piece + 7; t++) {
          const read = step(tokens[43 * column + t]!, h);
          h = read.next;
          nats += read.nats[tokens[43 * column + t + 1]!]!;
        }
      }
      return Math.exp(nats / 21);
    });
    const expected = perplexities.map((perplexity) => 80 / perplexity).sort();
    const learner = learnerOf();
    const rewards = learner.rewards(Array.from({ length: 12 }, (_, index) => ({ network, index })));
    for (const pass of [rewards.slice(0, 6), rewards.slice(6)]) {
      pass.sort().forEach((reward, i) => void expect(reward).toBeCloseTo(expected[i]!, 3));
    }
  });

  it('is a function of its index and stream, and leaves what is carried alone', () => {
    const network = networkOf(plain);
    const learner = learnerOf();
    learner.learn([network], at(0));
    const before = learner.carried().h!.tolist();
    const rewards = (stream?: string) =>
      learner.rewards(
        [5, 4, 3].map((index) => ({ network, index })),
        stream,
      );
    expect(rewards()).toEqual(rewards());
    expect(rewards('data/derive')).not.toEqual(rewards());
    expect(learner.carried().h!.tolist()).toEqual(before);
  });
});

it('says what it learns from', () => {
  expect(learnerOf()).toMatchObject({
    task: { kind: 'text', vocabulary: 6 },
    unit: 'tokens',
    data: 'toy',
    fingerprint: dataset.fingerprint,
  });
});

it('leaves no tensor behind but what it carries', () => {
  const network = networkOf(plain);
  const learner = learnerOf();
  const round = () => {
    learner.learn([network], at(0));
    learner.rewards([{ network, index: 0 }]);
    drained(learner.evaluate(network, 'valid'));
  };
  round();
  const before = collected().tensors;
  round();
  expect(torch.memory().tensors).toBe(before);
});
