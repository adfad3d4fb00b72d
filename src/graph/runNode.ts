import { unexpected } from '../errors/check.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { GraphNode } from './graph.ts';
import { type Operands, operators, type Preparation, preparations } from './operators.ts';
import type { AttributesOf, OpName } from './vocabulary.ts';

/** What running a graph needs besides the graph. */
export interface ExecuteOptions {
  /** The tensor of a parameter or buffer. */
  readonly lookup: (name: string) => Tensor;
  /** Whether dropout drops and running statistics are updated rather than used. */
  readonly training: boolean;
  /**
   * The seed of what a node draws; required where a graph has dropout and `training` is on. It is
   * given the node's name, and where a node inside a recurrence draws anew at each time step
   * `<name>/step<t>`.
   */
  readonly seed?: (stream: string) => number;
  /** Share of the training that is done, 0 to 1, which drop-path ramps by; 1 by default. */
  readonly progress?: number;
  /**
   * What activations are computed in; by default the input's own. Weights keep their dtype and are
   * brought to that of what they meet, with their gradients in their own; the statistics, γ and β of a
   * batch norm stay as they are. The outputs come back in float32.
   */
  readonly dtype?: 'float32' | 'bfloat16';
  /** Run only what these outputs need; all outputs by default. */
  readonly outputs?: readonly string[];
}

/**
 * A node with its parameters looked up, and what is the same at all time steps made.
 *
 * @param like [N, …], a batch of the number of examples, dtype and device that the node works on
 * @returns a function that runs it on its inputs, at time step `step` if that is given
 */
export function prepared(
  node: GraphNode,
  options: ExecuteOptions,
  like: Tensor,
): (inputs: readonly Tensor[], step?: number) => Tensor {
  return bound(node, options, like, like.shape[0]!, 1);
}

/** Runs a node once, over `steps` time steps that lie one after the other in the batch dimension. */
export function runNode(
  node: GraphNode,
  inputs: readonly Tensor[],
  options: ExecuteOptions,
  steps = 1,
): Tensor {
  const [first] = inputs;
  return torch.scope(() => bound(node, options, first!, first!.shape[0]! / steps, steps)(inputs));
}

function bound(
  node: GraphNode,
  options: ExecuteOptions,
  like: Tensor,
  examples: number,
  steps: number,
): (inputs: readonly Tensor[], step?: number) => Tensor {
  const operator = operators[node.op] as (operands: Operands<OpName>) => Tensor;
  const prepare = preparations[node.op as 'gates'] as
    | ((preparation: Preparation<OpName>) => Tensor | null)
    | undefined;
  const { training, progress = 1 } = options;
  const params = node.params.map(options.lookup);
  const buffers = node.buffers.map(options.lookup);
  const attrs = node.attrs as AttributesOf<OpName>;
  const drawAt = (stream: string) => () => seedOf(node, options, stream);
  const ready =
    prepare?.({
      params,
      attrs,
      training,
      draw: drawAt(node.name),
      shape: [examples, ...node.shape],
      dtype: like.dtype,
      device: like.device,
    }) ?? null;
  return (inputs, step) =>
    operator({
      inputs,
      params,
      buffers,
      attrs,
      training,
      progress,
      steps,
      dtype: options.dtype,
      draw: drawAt(step === undefined ? node.name : `${node.name}/step${step}`),
      prepared: ready,
    });
}

/** The seed of what a node draws from a stream. */
export function seedOf(node: GraphNode, { seed }: ExecuteOptions, stream: string): number {
  if (seed === undefined) {
    const remedy = `${node.name} draws at random`;
    throw unexpected('execute: seed', 'a function', undefined, remedy);
  }
  return seed(stream);
}
