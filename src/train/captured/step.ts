import type { Learned, Learner, Minibatch, Network, StepDraws } from '../../learning/learner.ts';
import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';
import type { Recorder, Recording } from '../../torch/recorder.ts';
import { RecordedMasks } from './masks.ts';

/** What moves the parameters, save the rate. */
export interface CapturedSgd {
  readonly momentum: number;
  readonly weightDecay: number;
  /** 0 = never. */
  readonly clipNorm: number;
}

export interface CapturedStepOptions {
  readonly learner: Learner;
  readonly network: Network;
  /** That a step moves: leaves whose `grad` is set, for all steps the same tensors. */
  readonly parameters: readonly Tensor[];
  /** Of each parameter; none without momentum. */
  readonly momenta: readonly Tensor[];
  readonly sgd: CapturedSgd;
  readonly recorder: Recorder;
}

/** Why a step could not be recorded. */
export class NotRecorded extends Error {}

/** Steps taken as ever before one is recorded: what is done once (algorithms chosen, memory made) is done by then. */
const warmUps = 3;

/**
 * A whole training step of one network (forward, backward, clipping, optimiser) as one recording. What
 * changes from step to step stands in tensors that are filled before each replay: the minibatch, the
 * learning rate, the dropout masks. A step whose loss is not finite moves nothing, as ever.
 */
export class CapturedStep {
  readonly #options: CapturedStepOptions;
  readonly #inputs: Minibatch;
  readonly #lr: Tensor;
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
    this.#lr = torch.zeros([], { device: options.parameters[0]!.device });
    this.#masks = new RecordedMasks(options.network.graph);
  }

  /**
   * Takes a step and waits for it. The gradients are zero before and after. Not in a scope: what is
   * made for the first step is there for all.
   * @throws NotRecorded when the step cannot be recorded; it is then not taken
   */
  take(minibatch: Minibatch, draws: StepDraws, lr: number): Learned {
    const { learner } = this.#options;
    torch.noGrad(() => {
      for (const [name, tensor] of Object.entries(minibatch)) this.#inputs[name]!.copy_(tensor);
      this.#lr.fill_(lr);
    });
    if (this.#taken < warmUps) {
      const read = this.#warmUp(draws);
      this.#taken++;
      return learner.learned(read, learner.size(minibatch));
    }
    this.#recording ??= this.#record(draws);
    this.#masks.draw(draws);
    this.#recording.replay();
    return learner.learned(this.#read!.tolist() as number[], learner.size(minibatch));
  }

  #warmUp(draws: StepDraws): number[] {
    const step = (following: StepDraws) => {
      const read = this.#options.learner.gradients(this.#options.network, this.#inputs, following);
      this.#move(read);
      return read;
    };
    const read = this.#options.recorder.warmUp(() => this.#masks.noted(draws, step));
    try {
      this.#read ??= torch.zerosLike(read);
      return read.tolist() as number[];
    } finally {
      read.dispose();
    }
  }

  #record(draws: StepDraws): Recording {
    const { learner, network, recorder } = this.#options;
    this.#masks.allocate();
    try {
      return recorder.record(() => {
        this.#masks.given(draws, (following) => {
          const read = learner.gradients(network, this.#inputs, following);
          this.#move(read);
          this.#read!.copy_(read);
        });
        return [];
      });
    } catch (error) {
      throw new NotRecorded((error as Error).message, { cause: error });
    }
  }

  dispose(): void {
    this.#recording?.dispose();
    this.#masks.dispose();
    for (const tensor of [...Object.values(this.#inputs), this.#lr]) tensor.dispose();
    this.#read?.dispose();
  }

  /** The optimiser's half, after which gradients are zero. */
  #move(read: Tensor): void {
    const { parameters, momenta, sgd } = this.#options;
    const { momentum, weightDecay, clipNorm } = sgd;
    torch.scope(() =>
      torch.noGrad(() => {
        if (clipNorm > 0) torch.clipGradNorm(parameters, clipNorm);
        const skip = read.select(0, 0).isfinite().logicalNot().to({ dtype: 'float32' });
        torch.sgdStepCapturable(parameters, momenta, {
          lr: this.#lr,
          skip,
          momentum,
          weightDecay,
          nesterov: momentum > 0,
        });
        torch.zeroAll(parameters.map(({ grad }) => grad!));
      }),
    );
  }
}
