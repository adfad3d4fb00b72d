import { describe, expect, it } from 'vitest';
import { executeOverTime } from '../../src/graph/overTime.ts';
import { drained } from '../../src/learning/paced.ts';
import { copyInto } from '../../src/learning/parameters.ts';
import type { TextLearnerOptions } from '../../src/learning/text.ts';
import * as torch from '../../src/torch/index.ts';
import { functional as F } from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { cell, hidden, networkOf } from './recurrentNetwork.ts';
import { at, dataset, learnerOf, plain, reference, text, tokensOf, words } from './textLearning.ts';

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
