import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import { emptyOf, type Layout } from '../../torch/layout.ts';
import type { Recorder, Recording } from '../../torch/recorder.ts';
import type { Graph } from '../graph.ts';
import { type ExecuteOptions, runNode } from '../runNode.ts';
import { elements } from '../shape.ts';
import type { KeptRecording, PlannedRecording } from './cache.ts';
import type { Segment } from './partition.ts';

/** What a segment was seen to be given, once it has run forward and back. */
export interface SegmentPlan {
  readonly graph: Graph;
  readonly segment: Segment;
  readonly options: ExecuteOptions;
  readonly inputs: readonly (Layout & { readonly requiresGrad: boolean })[];
  readonly gradient: Layout;
}

/** Runs a segment node by node. */
export function runSegment(
  { nodes }: Graph,
  segment: Segment,
  inputs: readonly Tensor[],
  options: ExecuteOptions,
): Tensor {
  return torch.scope(() => {
    const values = new Map(segment.inputs.map((id, i) => [id, inputs[i]!]));
    for (const id of segment.nodes) {
      const read = nodes[id]!.inputs.map((input) => values.get(input)!);
      values.set(id, runNode(nodes[id]!, read, options));
    }
    return values.get(segment.nodes.at(-1)!)!;
  });
}

/**
 * A segment's forward and backward pass, each a recording. What they start from stands in tensors of
 * their own that are filled before a replay; what they come to stands in the recordings' memory until
 * the next one. Gradients of parameters are added to the parameters' own, which must be there.
 */
export class RecordedSegment implements KeptRecording {
  readonly #inputs: readonly Tensor[];
  readonly #gradient: Tensor;
  readonly #forward: Recording;
  readonly #backward: Recording;
  /** The result, with its history, that the backward pass goes back from. */
  #result!: Tensor;
  #waits = false;

  /** @throws what recording throws */
  constructor(plan: SegmentPlan, recorder: Recorder) {
    this.#inputs = plan.inputs.map((layout) => emptyOf(layout).requiresGrad_(layout.requiresGrad));
    this.#gradient = emptyOf(plan.gradient);
    try {
      this.#forward = recorder.record(() => this.#run(plan));
    } catch (error) {
      this.#disposeInputs();
      throw error;
    }
    try {
      this.#backward = recorder.record(() => this.#gradients(plan), this.#forward);
    } catch (error) {
      this.#forward.dispose();
      this.#disposeInputs();
      throw error;
    }
  }

  /** Whether a forward pass waits for its backward pass: another would overwrite what that one reads. */
  get waits(): boolean {
    return this.#waits;
  }

  /** @returns the result, without history; it stands until the next forward pass */
  forward(inputs: readonly Tensor[]): Tensor {
    torch.noGrad(() => {
      for (const [i, input] of inputs.entries()) this.#inputs[i]!.copy_(input);
    });
    [this.#result] = this.#forward.replay() as [Tensor];
    this.#waits = true;
    return this.#result.detach();
  }

  /** @returns the gradients of the inputs that have one, in order; they stand until the next backward pass */
  backward(gradient: Tensor): readonly Tensor[] {
    torch.noGrad(() => this.#gradient.copy_(gradient));
    this.#waits = false;
    return this.#backward.replay();
  }

  /** Says that the last forward pass has no backward pass. */
  abandon(): void {
    this.#waits = false;
  }

  dispose(): void {
    this.#backward.dispose();
    this.#forward.dispose();
    this.#disposeInputs();
  }

  #run({ graph, segment, options }: SegmentPlan): [Tensor] {
    this.#result = runSegment(graph, segment, this.#inputs, options);
    return [this.#result];
  }

  #gradients({ graph: { nodes }, segment, options }: SegmentPlan): readonly Tensor[] {
    const names = new Set(segment.nodes.flatMap((id) => nodes[id]!.params));
    const params = [...names].map((name) => options.lookup(name));
    const inputs = this.#inputs.filter((input) => input.requiresGrad);
    const gradOutputs = [this.#gradient];
    const grads = torch.grad([this.#result], [...inputs, ...params], { gradOutputs });
    torch.noGrad(() => {
      for (const [i, param] of params.entries()) param.grad!.add_(grads[inputs.length + i]!);
    });
    return grads.slice(0, inputs.length) as Tensor[];
  }

  #disposeInputs(): void {
    for (const tensor of [...this.#inputs, this.#gradient]) tensor.dispose();
  }
}

export function plannedSegment(plan: SegmentPlan): PlannedRecording<RecordedSegment> {
  return { bytes: bytesOf(plan), record: (recorder) => new RecordedSegment(plan, recorder) };
}

/**
 * About what a recorded segment will keep: its inputs, and for each node its value and the value's
 * gradient, in the dtype of the first input.
 */
function bytesOf({ graph, segment, inputs }: SegmentPlan): number {
  const size = inputs[0]!.dtype === 'bfloat16' ? 2 : 4;
  const [batch] = inputs[0]!.shape as [number];
  const given = inputs.reduce((sum, { shape }) => sum + elements(shape), 0);
  const made = segment.nodes.reduce((sum, id) => sum + elements(graph.nodes[id]!.shape), 0);
  return size * (given + 2 * batch * made);
}
