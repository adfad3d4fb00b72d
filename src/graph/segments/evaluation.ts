import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import { emptyOf, type Layout } from '../../torch/layout.ts';
import type { Recorder, Recording } from '../../torch/recorder.ts';
import type { Graph } from '../graph.ts';
import type { ExecuteOptions } from '../runNode.ts';
import { elements } from '../shape.ts';
import type { KeptRecording, PlannedRecording } from './cache.ts';
import type { Segment } from './partition.ts';
import { runSegment } from './recorded.ts';

/** What a segment was seen to be given, and to give, when it ran without gradients. */
export interface EvaluationPlan {
  readonly graph: Graph;
  readonly segment: Segment;
  readonly options: ExecuteOptions;
  readonly inputs: readonly Layout[];
  readonly result: Layout;
}

/** What recordings read, one tensor for each layout: filled just before a replay, it is of no use after it. */
export class SharedInputs {
  readonly #tensors = new Map<string, Tensor[]>();

  /** A tensor for each layout, all different. Not in a scope. */
  of(layouts: readonly Layout[]): readonly Tensor[] {
    const taken = new Map<string, number>();
    return layouts.map((layout) => {
      const key = JSON.stringify(layout);
      const tensors = this.#tensors.get(key) ?? [];
      this.#tensors.set(key, tensors);
      const index = taken.get(key) ?? 0;
      taken.set(key, index + 1);
      tensors[index] ??= emptyOf(layout);
      return tensors[index];
    });
  }

  dispose(): void {
    for (const tensor of [...this.#tensors.values()].flat()) tensor.dispose();
    this.#tensors.clear();
  }
}

/**
 * A segment's pass without gradients as a recording. Its result is a tensor of its own outside the
 * recording's memory, where nothing is left that is read after a replay: all such recordings share that.
 */
export class RecordedEvaluation implements KeptRecording {
  readonly #inputs: readonly Tensor[];
  readonly #result: Tensor;
  readonly #recording: Recording;
  #waits = false;

  /** @throws what recording throws */
  constructor(plan: EvaluationPlan, recorder: Recorder, shared: SharedInputs) {
    const { graph, segment, options } = plan;
    this.#inputs = shared.of(plan.inputs);
    this.#result = emptyOf(plan.result);
    try {
      this.#recording = recorder.record(() => {
        torch.noGrad(() => {
          this.#result.copy_(runSegment(graph, segment, this.#inputs, options));
        });
        return [];
      }, 'shared');
    } catch (error) {
      this.#result.dispose();
      throw error;
    }
  }

  /** Whether its result is still to be read. */
  get waits(): boolean {
    return this.#waits;
  }

  /** @returns the result, which stands until the next run */
  run(inputs: readonly Tensor[]): Tensor {
    for (const [i, input] of inputs.entries()) this.#inputs[i]!.copy_(input);
    this.#recording.replay();
    this.#waits = true;
    return this.#result.detach();
  }

  /** Says that the result has been read. */
  done(): void {
    this.#waits = false;
  }

  dispose(): void {
    this.#recording.dispose();
    this.#result.dispose();
  }
}

export function plannedEvaluation(
  plan: EvaluationPlan,
  shared: SharedInputs,
): PlannedRecording<RecordedEvaluation> {
  const { shape, dtype } = plan.result;
  const bytes = (dtype === 'bfloat16' ? 2 : 4) * elements(shape);
  return { bytes, record: (recorder) => new RecordedEvaluation(plan, recorder, shared) };
}
