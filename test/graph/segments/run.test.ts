import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/graph/graph.ts';
import { SegmentCache, warmUps } from '../../../src/graph/segments/cache.ts';
import { segmentsOf } from '../../../src/graph/segments/partition.ts';
import type { RecordedSegment } from '../../../src/graph/segments/recorded.ts';
import { runInSegments, runWhole } from '../../../src/graph/segments/run.ts';
import { Streams } from '../../../src/random/streams.ts';
import * as torch from '../../../src/torch/index.ts';
import type { Recorder } from '../../../src/torch/recorder.ts';
import { collectGarbage } from '../../torch/garbage.ts';
import { replaying } from '../../torch/replaying.ts';
import { spaceNamed } from '../smallNetworks.ts';
import { fusedGraphs, parametersOf } from './children.ts';

const batch = 4;
const plenty = 1e9;

const cacheOf = (recorder: Recorder, limits: object = {}) =>
  new SegmentCache<RecordedSegment>({ recorder, batch, bytes: plenty, ...limits });

/** One training pass; its outputs. Gradients are added to the parameters', running statistics updated. */
function pass(
  graph: Graph,
  parameters: ReadonlyMap<string, torch.Tensor>,
  step: number,
  segments?: SegmentCache<RecordedSegment>,
  examples = batch,
): number[][] {
  const outputs = torch.scope(() => {
    const streams = new Streams(8);
    const input = torch
      .randn([examples, ...graph.nodes[0]!.shape], { seed: 20 + step, dtype: 'float64' })
      .contiguous({ memoryFormat: 'channelsLast' });
    const options = {
      lookup: (name: string) => parameters.get(name)!,
      training: true,
      progress: 0.5,
      seed: (stream: string) => streams.key(stream, step),
    };
    const run =
      segments === undefined
        ? runWhole(graph, input, options)
        : runInSegments(graph, input, options, segments);
    const values = Object.values(run.outputs);
    const loss = values.map((y) => y.square().mean()).reduce((sum, each) => sum.add(each));
    run.backward(loss);
    return values.map((y) => [...(y.toTypedArray() as Float64Array)]);
  });
  segments?.recordDue();
  return outputs;
}

/** The largest difference between parameters, gradients and running statistics. */
function apart(a: ReadonlyMap<string, torch.Tensor>, b: ReadonlyMap<string, torch.Tensor>): number {
  const numbers = (x: torch.Tensor) => [...(x.toTypedArray() as Float64Array)];
  let largest = 0;
  for (const [name, one] of a) {
    const other = b.get(name)!;
    const pairs = [[numbers(one.detach()), numbers(other.detach())]];
    if (one.grad !== null) pairs.push([numbers(one.grad), numbers(other.grad!)]);
    for (const [x, y] of pairs) {
      for (const [i, value] of x!.entries()) largest = Math.max(largest, Math.abs(value - y![i]!));
    }
  }
  return largest;
}

const largestOf = (a: number[][], b: number[][]) =>
  Math.max(...a.flat().map((value, i) => Math.abs(value - b.flat()[i]!)));

const networks = ['macro', 'micro', 'nasbench201'].flatMap((name) =>
  (['child', 'fixed'] as const).map((kind) => ({ name, kind })),
);

describe.each(networks)('$kind networks of the $name space run in segments', ({ name, kind }) => {
  it('have the outputs, gradients and running statistics of ones run whole', () => {
    // Fixed networks share no parameters. One architecture comes twice in a row too.
    const order = kind === 'fixed' ? [0, 0, 0, 0] : [0, 1, 0, 0, 1, 2, 3, 0, 1, 2, 3, 2, 2, 0];
    const graphs = fusedGraphs(spaceNamed(name), kind, 1 + Math.max(...order));
    const [expected, got] = [parametersOf(graphs), parametersOf(graphs)];
    const { recorder, counts } = replaying();
    const segments = cacheOf(recorder);
    for (const [step, index] of order.entries()) {
      const graph = graphs[index]!;
      const whole = pass(graph, expected, step);
      expect(largestOf(pass(graph, got, step, segments), whole)).toBeLessThan(1e-9);
      expect(apart(expected, got)).toBeLessThan(1e-8);
    }
    expect(segments.failure).toBeNull();
    expect(counts.recordings).toBe(2 * segments.counts.kept);
    expect(counts.replays).toBeGreaterThan(8);
    segments.dispose();
  }, 120_000);
});

describe('recorded segments', () => {
  const [graph] = fusedGraphs(spaceNamed('micro'), 'child', 1) as [Graph];
  const inGraph = segmentsOf(graph).length;
  const passes = (segments: SegmentCache<RecordedSegment>, count: number) => {
    const parameters = parametersOf([graph]);
    for (let step = 0; step < count; step++) pass(graph, parameters, step, segments);
  };

  it('are recorded after two runs, once each, and replayed once a pass in each direction', () => {
    const { recorder, counts } = replaying();
    const segments = cacheOf(recorder);
    passes(segments, warmUps);
    expect(counts).toMatchObject({ recordings: 2 * inGraph, replays: 0 });
    passes(segments, 3);
    expect(counts).toMatchObject({ recordings: 2 * inGraph, replays: 3 * 2 * inGraph });
  });

  it('are counted by how they were run', () => {
    const segments = cacheOf(replaying({ bytesEach: 100_000 }).recorder);
    passes(segments, warmUps + 3);
    expect(segments.counts).toEqual({
      replayed: 3 * inGraph,
      interpreted: warmUps * inGraph,
      recorded: inGraph,
      kept: inGraph,
      bytes: 2 * 100_000 * inGraph,
    });
    const none = cacheOf(replaying().recorder, { segments: 1 });
    passes(none, warmUps + 3);
    expect(none.counts).toMatchObject({ replayed: 3, recorded: 1, kept: 1 });
    expect(none.counts.interpreted).toBe((warmUps + 3) * inGraph - 3);
  });

  it('leave a minibatch of another size to run as ever', () => {
    const { recorder, counts } = replaying();
    const segments = cacheOf(recorder);
    passes(segments, 3);
    const { replays } = counts;
    const [expected, got] = [parametersOf([graph]), parametersOf([graph])];
    const whole = pass(graph, expected, 9, undefined, 3);
    expect(pass(graph, got, 9, segments, 3)).toEqual(whole);
    expect(apart(expected, got)).toBe(0);
    expect(counts.replays).toBe(replays);
  });

  it('are replayed once at a time: a second forward pass before the first has gone back runs as ever', () => {
    const { recorder } = replaying();
    const segments = cacheOf(recorder);
    const [expected, got] = [parametersOf([graph]), parametersOf([graph])];
    for (let step = 0; step < 3; step++) {
      pass(graph, expected, step);
      pass(graph, got, step, segments);
    }
    torch.scope(() => {
      const run = (
        parameters: Map<string, torch.Tensor>,
        seed: number,
        cache?: typeof segments,
      ) => {
        const input = torch.randn([batch, 3, 8, 8], { seed, dtype: 'float64' });
        const lookup = (name: string) => parameters.get(name)!;
        const options = { lookup, training: true, seed: () => seed };
        return cache === undefined
          ? runWhole(graph, input, options)
          : runInSegments(graph, input, options, cache);
      };
      for (const [parameters, cache] of [[expected], [got, segments]] as const) {
        const both = [1, 2].map((seed) => run(parameters, seed, cache));
        for (const { outputs, backward } of both) backward(outputs.logits!.square().mean());
      }
    });
    expect(apart(expected, got)).toBeLessThan(1e-8);
  });

  it('keep within the bytes and the number they are given', () => {
    const unlimited = cacheOf(replaying().recorder);
    passes(unlimited, 3);
    expect(unlimited.counts.kept).toBe(inGraph);
    const few = cacheOf(replaying().recorder, { bytes: unlimited.counts.bytes / 2 });
    passes(few, 4);
    expect(few.counts.bytes).toBeLessThanOrEqual(unlimited.counts.bytes / 2);
    expect(few.counts.kept).toBeGreaterThan(0);
    const three = cacheOf(replaying().recorder, { segments: 3 });
    passes(three, 4);
    expect(three.counts.kept).toBe(3);
  });

  it('count what they turn out to hold of the device where that is more than was expected', () => {
    const segments = cacheOf(replaying({ bytesEach: 0.1 * plenty }).recorder);
    passes(segments, 4);
    // Two recordings each: after five segments the bytes are used up.
    expect(segments.counts.kept).toBe(5);
    expect(segments.counts.bytes).toBeCloseTo(plenty);
  });

  it('make room for others when they have not been used for long', () => {
    const graphs = fusedGraphs(spaceNamed('macro'), 'child', 6);
    const parameters = parametersOf(graphs);
    const { recorder, counts } = replaying();
    const segments = cacheOf(recorder, { segments: 4, idle: 3 });
    for (let step = 0; step < 3; step++) pass(graphs[0]!, parameters, step, segments);
    expect(counts.disposals).toBe(0);
    for (let step = 0; step < 8; step++) pass(graphs[1]!, parameters, step, segments);
    expect(counts.disposals).toBeGreaterThan(0);
    expect(segments.counts.kept).toBe(4);
    const { replays } = counts;
    pass(graphs[1]!, parameters, 9, segments);
    expect(counts.replays).toBeGreaterThan(replays);
  });

  it('hold no tensor once they are disposed of', () => {
    const parameters = parametersOf([graph]);
    for (let step = 0; step < 2; step++) pass(graph, parameters, step);
    collectGarbage();
    const before = torch.memory();
    const { recorder, counts } = replaying();
    const segments = cacheOf(recorder);
    for (let step = 0; step < 4; step++) pass(graph, parameters, step, segments);
    expect(torch.memory().tensors).toBeGreaterThan(before.tensors);
    segments.dispose();
    collectGarbage();
    expect(torch.memory()).toEqual(before);
    expect(counts.disposals).toBe(counts.recordings);
  });

  it('are all given up where one cannot be recorded, and the networks run as ever', () => {
    const { recorder, counts } = replaying();
    const failing: Recorder = {
      ...recorder,
      record(fn, before) {
        if (counts.recordings === 5) throw new Error('operation not permitted');
        return recorder.record(fn, before);
      },
    };
    const segments = cacheOf(failing);
    const [expected, got] = [parametersOf([graph]), parametersOf([graph])];
    collectGarbage();
    const before = torch.memory();
    for (let step = 0; step < 4; step++) {
      pass(graph, expected, step);
      pass(graph, got, step, segments);
    }
    expect(segments.failure).toBe('operation not permitted');
    expect(segments.counts.kept).toBe(0);
    collectGarbage();
    expect(torch.memory()).toEqual(before);
    expect(counts).toMatchObject({ recordings: 5, disposals: 5, replays: 0 });
    expect(apart(expected, got)).toBeLessThan(1e-8);
  });

  it('want a whole number of examples', () => {
    const { recorder } = replaying();
    expect(() => new SegmentCache({ recorder, batch: 0, bytes: 1 })).toThrow(
      /batch: expected an integer of at least 1, got 0/,
    );
  });
});
