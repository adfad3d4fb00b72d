import { following } from '../../learning/launched.ts';
import type { Launched, Learner, Minibatch, Network, StepDraws } from '../../learning/learner.ts';
import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import type { Recorder, Recording } from '../../torch/recorder.ts';
import { RecordedMasks } from './masks.ts';
import type { Move } from './move.ts';

export interface CapturedStepOptions {
  readonly learner: Learner;
  readonly network: Network;
  readonly recorder: Recorder;
  readonly move: Move;
}

/** Why a step could not be recorded. */
export class NotRecorded extends Error {}

/** Steps taken as ever before one is recorded: what is done once (algorithms chosen, memory made) is done by then. */
const warmUps = 3;

/**
 * A whole training step of one network (forward, backward, clipping, optimiser) as one recording. What
 * changes from step to step stands in tensors that are filled before each replay: the minibatch, the
 * learning rate, the dropout masks.
 */
export class CapturedStep {
  readonly #options: CapturedStepOptions;
  readonly #inputs: Minibatch;
  readonly #masks: RecordedMasks;
  #taken = 0;
  /** What `gradients` gave. */
  #read: Tensor | null = null;
  #recording: Recording | null = null;

  /** @param like a minibatch of the shapes that all of its steps will have */
  constructor(options: CapturedStepOptions, like: Minibatch) {
    this.#options = options;
    this.#inputs = Object.fromEntries(
      Object.entries(like).map(([name, tensor]) => [name, torch.emptyLike(tensor)]),
    );
    this.#masks = new RecordedMasks(options.network.graph);
  }

  /**
   * Takes a step without waiting for it. The gradients are zero before and after. Not in a scope: what is
   * made for the first step is there for all.
   * @throws NotRecorded when the step cannot be recorded; it is then not taken
   */
  launch(minibatch: Minibatch, draws: StepDraws): Launched {
    const { learner } = this.#options;
    torch.noGrad(() => {
      for (const [name, tensor] of Object.entries(minibatch)) this.#inputs[name]!.copy_(tensor);
    });
    if (this.#taken < warmUps) {
      this.#warmUp(draws);
      this.#taken++;
    } else {
      this.#recording ??= this.#record(draws);
      this.#masks.draw(draws);
      this.#recording.replay();
    }
    return following(this.#read!, learner.size(minibatch), learner.learned);
  }

  #warmUp(draws: StepDraws): void {
    const { recorder } = this.#options;
    const read = recorder.warmUp(() => this.#masks.noted(draws, (noting) => this.#step(noting)));
    this.#read ??= torch.emptyLike(read);
    torch.noGrad(() => this.#read!.copy_(read));
    read.dispose();
  }

  #record(draws: StepDraws): Recording {
    this.#masks.allocate();
    try {
      return this.#options.recorder.record(() => {
        this.#masks.given(draws, (given) => {
          this.#read!.copy_(this.#step(given));
        });
        return [];
      });
    } catch (error) {
      throw new NotRecorded((error as Error).message, { cause: error });
    }
  }

  #step(draws: StepDraws): Tensor {
    const { learner, network, move } = this.#options;
    const read = learner.gradients(network, this.#inputs, draws);
    move.move(read.select(0, 0));
    return read;
  }

  dispose(): void {
    this.#recording?.dispose();
    this.#masks.dispose();
    for (const tensor of Object.values(this.#inputs)) tensor.dispose();
    this.#read?.dispose();
  }
}
