import type { Tensor } from '../../torch/index.ts';
import { layoutOf } from '../../torch/layout.ts';
import { checkInput, checkTimeless, execute, readers } from '../execute.ts';
import type { Graph, NodeId } from '../graph.ts';
import { liveNodes } from '../live.ts';
import { inDType } from '../operators.ts';
import { type ExecuteOptions, runNode } from '../runNode.ts';
import { Values } from '../values.ts';
import type { SegmentCache } from './cache.ts';
import { plannedEvaluation, type RecordedEvaluation, type SharedInputs } from './evaluation.ts';
import { segmentKey } from './key.ts';
import { type Segment, segmentsOf } from './partition.ts';
import { runSegment } from './recorded.ts';

export interface EvaluationSegments {
  readonly cache: SegmentCache<RecordedEvaluation>;
  readonly inputs: SharedInputs;
}

/**
 * `execute` without gradients, its segments run by recordings where there are any: the same outputs.
 * Every name must stand for the same tensor whenever these segments are used.
 */
export function evaluateInSegments(
  graph: Graph,
  input: Tensor,
  options: ExecuteOptions,
  segments: EvaluationSegments,
): Record<string, Tensor> {
  const { cache } = segments;
  if (cache.failure !== null || input.shape[0] !== cache.batch) {
    return execute(graph, input, options);
  }
  const names = options.outputs ?? Object.keys(graph.outputs);
  const live = liveNodes(graph, names);
  checkTimeless(graph, live);
  cache.beginPass();
  const segmentOf = new Map(
    segmentsOf(graph).flatMap((segment) => segment.nodes.map((id) => [id, segment] as const)),
  );
  const values = new Values(readers(graph, live, names));
  values.keep(input);
  const replayed: RecordedEvaluation[] = [];
  try {
    for (const [id, node] of graph.nodes.entries()) {
      if (!live.has(id)) continue;
      if (node.op === 'input') {
        values.set(id, inDType(checkInput(node, input), options.dtype));
        continue;
      }
      const segment = segmentOf.get(id);
      if (segment === undefined) {
        const inputs = node.inputs.map((source) => values.get(source));
        values.set(id, runNode(node, inputs, options));
        values.done(node.inputs);
        continue;
      }
      if (segment.nodes.at(-1) !== id) continue;
      const inputs = segment.inputs.map((source) => values.get(source));
      values.set(id, segmentResult(graph, segment, inputs, options, segments, replayed));
      values.done(readOutside(graph, segment));
    }
    const given = options.dtype && 'float32';
    return Object.fromEntries(
      names.map((name) => {
        const output = inDType(values.get(graph.outputs[name]!), given);
        // It may lie where a recording will write again.
        return [name, replayed.length > 0 ? output.clone() : output];
      }),
    );
  } finally {
    for (const recorded of replayed) recorded.done();
  }
}

/** @param replayed takes up the recording that the result is of */
function segmentResult(
  graph: Graph,
  segment: Segment,
  inputs: readonly Tensor[],
  options: ExecuteOptions,
  { cache, inputs: shared }: EvaluationSegments,
  replayed: RecordedEvaluation[],
): Tensor {
  const key = segmentKey(graph, segment, [options.dtype ?? '', ...inputs.map((x) => x.dtype)]);
  const recorded = cache.take(key);
  if (recorded !== undefined) {
    replayed.push(recorded);
    return recorded.run(inputs);
  }
  const run = () => runSegment(graph, segment, inputs, options);
  const result = cache.isWarmingUp(key) ? cache.recorder.warmUp(run) : run();
  const plan = { graph, segment, options, inputs: inputs.map(layoutOf), result: layoutOf(result) };
  cache.ran(key, () => plannedEvaluation(plan, shared));
  return result;
}

/** What a segment's nodes read of other nodes, as often as they do. */
function readOutside({ nodes }: Graph, segment: Segment): NodeId[] {
  const outside = new Set(segment.inputs);
  return segment.nodes.flatMap((id) => nodes[id]!.inputs).filter((id) => outside.has(id));
}
