import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import { layoutOf } from '../../torch/layout.ts';
import { checkInput, checkTimeless, execute } from '../execute.ts';
import type { Graph, NodeId } from '../graph.ts';
import { liveNodes } from '../live.ts';
import { inDType } from '../operators.ts';
import { type ExecuteOptions, runNode } from '../runNode.ts';
import type { SegmentCache } from './cache.ts';
import { segmentKey } from './key.ts';
import { type Segment, segmentsOf } from './partition.ts';
import { plannedSegment, type RecordedSegment, runSegment } from './recorded.ts';

/** A run of a graph that gradients are to be taken of. */
export interface DifferentiableRun {
  /** By name, in float32 where activations are not. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Adds the gradients of a scalar that was computed from the outputs to the parameters' own. Once. */
  backward(loss: Tensor): void;
}

/** A graph run as ever. */
export function runWhole(graph: Graph, input: Tensor, options: ExecuteOptions): DifferentiableRun {
  return { outputs: execute(graph, input, options), backward: (loss) => loss.backward() };
}

/** A part that has run, cut off from what comes after it. */
interface Part {
  /** What is read of it: a leaf, whose gradient its readers add up. */
  readonly leaf: Tensor;
  /** @param gradient of the leaf; null where nothing depends on it */
  backward(gradient: Tensor | null): void;
}

/**
 * `execute` for training, its segments run by recordings where there are any: the same outputs and
 * gradients. Each segment, and each node outside, is differentiated by itself: it reads leaves, and going back
 * from the last to the first, each takes the gradient that its readers have left at its own leaf.
 *
 * @param options all outputs are run
 */
export function runInSegments(
  graph: Graph,
  input: Tensor,
  options: ExecuteOptions,
  segments: SegmentCache<RecordedSegment>,
): DifferentiableRun {
  if (segments.failure !== null || input.shape[0] !== segments.batch) {
    return runWhole(graph, input, options);
  }
  const live = liveNodes(graph);
  checkTimeless(graph, live);
  segments.beginPass();
  const partition = segmentsOf(graph);
  const segmentOf = new Map(
    partition.flatMap((segment) => segment.nodes.map((id) => [id, segment] as const)),
  );
  const values = new Map<NodeId, Tensor>();
  const parts: Part[] = [];
  for (const [id, node] of graph.nodes.entries()) {
    if (!live.has(id)) continue;
    if (node.op === 'input') {
      values.set(id, inDType(checkInput(node, input), options.dtype));
      continue;
    }
    const segment = segmentOf.get(id);
    if (segment !== undefined && segment.nodes.at(-1) !== id) continue;
    const inputs = (segment ?? node).inputs.map((source) => values.get(source)!);
    if (segment !== undefined) parts.push(segmentPart(graph, segment, inputs, options, segments));
    else {
      const result = runNode(node, inputs, options);
      // An operator may hand on its input as it is.
      if (inputs.includes(result)) {
        values.set(id, result);
        continue;
      }
      parts.push(ordinaryPart(result));
    }
    values.set(id, parts.at(-1)!.leaf);
  }
  const given = options.dtype && 'float32';
  const outputs = Object.entries(graph.outputs).map(
    ([name, id]) => [name, inDType(values.get(id)!, given)] as const,
  );
  return {
    outputs: Object.fromEntries(outputs),
    backward(loss) {
      loss.backward();
      for (const part of parts.reverse()) goBack(part);
    },
  };
}

function goBack({ leaf, backward }: Part): void {
  const gradient = leaf.grad;
  backward(gradient);
  if (gradient === null) return;
  leaf.grad = null;
  gradient.dispose();
}

/** @param result with its history back to the leaves that it was computed from */
function ordinaryPart(result: Tensor, where: <T>(fn: () => T) => T = (fn) => fn()): Part {
  if (!result.requiresGrad) return { leaf: result, backward() {} };
  return {
    leaf: result.detach().requiresGrad_(),
    backward(gradient) {
      if (gradient !== null) where(() => result.backward(gradient));
      result.dispose();
    },
  };
}

function segmentPart(
  graph: Graph,
  segment: Segment,
  inputs: readonly Tensor[],
  options: ExecuteOptions,
  segments: SegmentCache<RecordedSegment>,
): Part {
  const { training, dtype = '' } = options;
  const kinds = inputs.flatMap((input) => [input.dtype, input.requiresGrad]);
  const key = segmentKey(graph, segment, [training, dtype, ...kinds]);
  const recorded = segments.take(key);
  if (recorded !== undefined) {
    return {
      leaf: recorded.forward(inputs).requiresGrad_(),
      backward(gradient) {
        if (gradient === null) return recorded.abandon();
        const gradients = recorded.backward(gradient);
        const wanting = inputs.filter((input) => input.requiresGrad);
        for (const [i, input] of wanting.entries()) addGradient(input, gradients[i]!);
      },
    };
  }
  const { recorder } = segments;
  const warmsUp = segments.isWarmingUp(key);
  const where = <T>(fn: () => T) => (warmsUp ? recorder.warmUp(fn) : fn());
  const part = ordinaryPart(
    where(() => runSegment(graph, segment, inputs, options)),
    where,
  );
  return {
    leaf: part.leaf,
    backward(gradient) {
      part.backward(gradient);
      if (gradient === null) return;
      const seen = inputs.map((input) => ({
        ...layoutOf(input),
        requiresGrad: input.requiresGrad,
      }));
      const plan = { graph, segment, options, inputs: seen, gradient: layoutOf(gradient) };
      segments.ran(key, () => plannedSegment(plan));
    },
  };
}

function addGradient(leaf: Tensor, gradient: Tensor): void {
  const before = leaf.grad;
  if (before === null) leaf.grad = gradient;
  else torch.noGrad(() => before.add_(gradient));
}
