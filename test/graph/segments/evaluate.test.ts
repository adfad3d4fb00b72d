import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import { execute } from '../../../src/graph/execute.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { evaluated } from '../../../src/graph/passes/evaluated.ts';
import { SegmentCache, warmUps } from '../../../src/graph/segments/cache.ts';
import {
  type EvaluationSegments,
  evaluateInSegments,
} from '../../../src/graph/segments/evaluate.ts';
import { type RecordedEvaluation, SharedInputs } from '../../../src/graph/segments/evaluation.ts';
import { segmentsOf } from '../../../src/graph/segments/partition.ts';
import * as torch from '../../../src/torch/index.ts';
import type { Recorder } from '../../../src/torch/recorder.ts';
import { collectGarbage } from '../../torch/garbage.ts';
import { replaying } from '../../torch/replaying.ts';
import { spaceNamed, task } from '../smallNetworks.ts';
import { drawnArch, parametersOf } from './children.ts';

const batch = 4;

const segmentsWith = (recorder: Recorder): EvaluationSegments => ({
  cache: new SegmentCache<RecordedEvaluation>({ recorder, batch, bytes: 1e9 }),
  inputs: new SharedInputs(),
});

function disposed({ cache, inputs }: EvaluationSegments): void {
  cache.dispose();
  inputs.dispose();
}

const childOf = (name: string, index: number) => {
  const space = spaceNamed(name);
  return evaluated(space.child(drawnArch(space, index), task));
};

type Parameters = ReadonlyMap<string, torch.Tensor>;

/** The outputs of one run, of no scope. */
function run(
  graph: Graph,
  parameters: Parameters,
  seed: number,
  segments?: EvaluationSegments,
  examples = batch,
): Record<string, torch.Tensor> {
  const outputs = torch.scope(() =>
    torch.noGrad(() => {
      const input = torch
        .randn([examples, ...graph.nodes[0]!.shape], { seed, dtype: 'float64' })
        .contiguous({ memoryFormat: 'channelsLast' });
      const lookup = (name: string) => parameters.get(name)!;
      const options = { lookup, training: false };
      return segments === undefined
        ? execute(graph, input, options)
        : evaluateInSegments(graph, input, options, segments);
    }),
  );
  segments?.cache.recordDue();
  return outputs;
}

function apart(a: Record<string, torch.Tensor>, b: Record<string, torch.Tensor>): number {
  expect(Object.keys(a)).toEqual(Object.keys(b));
  return torch.scope(() =>
    Math.max(...Object.entries(a).map(([name, x]) => x.sub(b[name]!).abs().max().item())),
  );
}

describe.each(['macro', 'micro', 'nasbench201'])(
  'children of the %s space evaluated in segments',
  (name) => {
    it('have the outputs of ones run whole', () => {
      const graphs = [0, 1, 2, 3].map((index) => childOf(name, index));
      const parameters = parametersOf(graphs);
      const { recorder, counts } = replaying();
      const segments = segmentsWith(recorder);
      for (const [seed, index] of [0, 1, 0, 0, 1, 2, 3, 0, 1, 2, 3, 2].entries()) {
        const graph = graphs[index]!;
        const whole = run(graph, parameters, seed);
        expect(apart(run(graph, parameters, seed, segments), whole)).toBeLessThan(1e-9);
      }
      expect(segments.cache.failure).toBeNull();
      expect(counts.replays).toBeGreaterThan(8);
      expect(segments.cache.counts.replayed).toBe(counts.replays);
      expect(counts.recordings).toBe(segments.cache.counts.recorded);
      disposed(segments);
    });
  },
);

describe('segments recorded without gradients', () => {
  const graph = childOf('micro', 0);
  const parameters = parametersOf([graph]);
  const inGraph = segmentsOf(graph).length;

  it('all share one memory, in which they leave nothing', () => {
    const { recorder } = replaying();
    const memories: unknown[] = [];
    const watched: Recorder = {
      ...recorder,
      record(fn, memory) {
        memories.push(memory);
        return recorder.record(() => {
          const left = fn();
          expect(left).toEqual([]);
          return left;
        }, memory);
      },
    };
    const segments = segmentsWith(watched);
    for (let seed = 0; seed < warmUps + 2; seed++) run(graph, parameters, seed, segments);
    expect(memories).toEqual(Array(inGraph).fill('shared'));
    expect(segments.cache.counts).toMatchObject({
      replayed: 2 * inGraph,
      interpreted: warmUps * inGraph,
      kept: inGraph,
    });
  });

  it('give outputs that stand when they run again', () => {
    const segments = segmentsWith(replaying().recorder);
    for (let seed = 0; seed < warmUps; seed++) run(graph, parameters, seed, segments);
    const first = run(graph, parameters, 7, segments);
    const second = run(graph, parameters, 8, segments);
    expect(apart(first, run(graph, parameters, 7))).toBeLessThan(1e-9);
    expect(apart(first, second)).toBeGreaterThan(1e-3);
  });

  it('run as ever where their result of the same pass is still to be read', () => {
    const g = new GraphBuilder();
    const x = g.input([4, 6, 6], { name: 'x' });
    const pooled = (folder: string, kernel: number) =>
      g.scope(folder, () =>
        g.maxPool(g.relu(g.avgPool(x, { kernel, name: `${kernel}` })), { kernel: 3 }),
      );
    const [one, other] = [pooled('a', 3), pooled('b', 3)];
    const twins = g.build({ y: g.concat([one, other]), z: g.concat([other, one]) });
    expect(segmentsOf(twins)).toHaveLength(2);
    const none: Parameters = new Map();
    const { recorder, counts } = replaying();
    const segments = segmentsWith(recorder);
    for (let seed = 0; seed < 3; seed++) {
      expect(apart(run(twins, none, seed, segments), run(twins, none, seed))).toBe(0);
    }
    expect(counts.recordings).toBe(1);
    expect(segments.cache.counts).toMatchObject({ replayed: counts.replays, kept: 1 });
    expect(counts.replays).toBe(2);
  });

  it('leave a minibatch of another size to run as ever', () => {
    const { recorder, counts } = replaying();
    const segments = segmentsWith(recorder);
    for (let seed = 0; seed < 3; seed++) run(graph, parameters, seed, segments);
    const { replays } = counts;
    const whole = run(graph, parameters, 9, undefined, 3);
    expect(apart(run(graph, parameters, 9, segments, 3), whole)).toBe(0);
    expect(counts.replays).toBe(replays);
  });

  it('follow parameters that change in place', () => {
    const own = parametersOf([graph]);
    const segments = segmentsWith(replaying().recorder);
    for (let seed = 0; seed < 3; seed++) run(graph, own, seed, segments);
    const before = run(graph, own, 5, segments);
    torch.noGrad(() => {
      for (const value of own.values()) value.mul_(0.9);
    });
    const after = run(graph, own, 5, segments);
    expect(apart(after, run(graph, own, 5))).toBeLessThan(1e-9);
    expect(apart(after, before)).toBeGreaterThan(1e-4);
  });

  it('hold no tensor once they are disposed of, nor where one cannot be recorded', () => {
    const drained = () => {
      collectGarbage();
      return torch.memory();
    };
    const passes = (segments: EvaluationSegments) => {
      for (let seed = 0; seed < 4; seed++) {
        for (const y of Object.values(run(graph, parameters, seed, segments))) y.dispose();
      }
    };
    const before = drained();
    const { recorder, counts } = replaying();
    const segments = segmentsWith(recorder);
    passes(segments);
    expect(torch.memory().tensors).toBeGreaterThan(before.tensors);
    disposed(segments);
    expect(drained()).toEqual(before);
    expect(counts.disposals).toBe(counts.recordings);
    const failing = segmentsWith({
      ...recorder,
      record(fn, memory) {
        if (counts.recordings > inGraph + 1) throw new Error('operation not permitted');
        return recorder.record(fn, memory);
      },
    });
    passes(failing);
    expect(failing.cache.failure).toBe('operation not permitted');
    disposed(failing);
    expect(drained()).toEqual(before);
  });
});
