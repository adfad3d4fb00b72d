import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executeOverTime } from '../../src/graph/overTime.ts';
import { drained } from '../../src/learning/paced.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';
import { cell, hidden, networkOf } from './recurrentNetwork.ts';
import {
  at,
  dataset,
  eos,
  learnerOf,
  plain,
  reference,
  text,
  tokensOf,
  words,
} from './textLearning.ts';

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
