import { launched } from '../../learning/launched.ts';
import type { Launched, Learner, Minibatch, Network, Position } from '../../learning/learner.ts';
import * as torch from '../../torch/index.ts';
import type { Recorder } from '../../torch/recorder.ts';
import { Move, type MoveOptions } from './move.ts';
import { CapturedStep, NotRecorded } from './step.ts';

/** Shapes of minibatches that recordings are kept for; each keeps the memory of a whole step. */
const mostShapes = 4;

export interface CapturedStepsOptions extends MoveOptions {
  readonly learner: Learner;
  readonly network: Network;
  readonly recorder: Recorder;
}

/**
 * Takes the steps of a training by recordings, one for each shape of minibatch (pieces of text of varying
 * length have several); those of further shapes operator by operator, without waiting for them either.
 * All are left to the caller once one could not be recorded. Before a step the gradients are zero, and
 * after it. From the first step on whose loss is not finite nothing is moved, until `goOn`.
 */
export class CapturedSteps {
  readonly #options: CapturedStepsOptions;
  readonly #move: Move;
  readonly #steps = new Map<string, CapturedStep>();
  /** Why no more is recorded. */
  #failure: NotRecorded | null = null;

  constructor(options: CapturedStepsOptions) {
    this.#options = options;
    this.#move = new Move(options);
  }

  /** Why no more is recorded; null where all is well. */
  get failure(): string | null {
    return this.#failure === null ? null : this.#failure.message;
  }

  /** @returns the step, on its way, or null where it was not taken, as `failure` then says */
  launch(position: Position, lr: number): Launched | null {
    if (this.#failure !== null) return null;
    const { learner } = this.#options;
    const minibatch = learner.minibatch(position);
    try {
      const { progress } = position;
      const seed = (node: string) => learner.seed(node, position.step);
      const draws = { progress, seed };
      const size = learner.size(minibatch);
      this.#move.setRate(lr * size.lrScale);
      const step = this.#stepFor(minibatch);
      if (step !== undefined) return step.launch(minibatch, draws);
      const read = torch.scope(() => {
        const figures = learner.gradients(this.#options.network, minibatch, draws);
        this.#move.move(figures.select(0, 0));
        return figures;
      });
      return launched(read, size, learner.learned);
    } catch (error) {
      if (!(error instanceof NotRecorded)) throw error;
      this.#failure = error;
      this.dispose();
      return null;
    } finally {
      for (const tensor of Object.values(minibatch)) tensor.dispose();
    }
  }

  /** Moves parameters again after a loss that was not finite; they have been put back to finite ones. */
  goOn(): void {
    this.#move.goOn();
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
    this.#move.dispose();
  }

  #stepFor(minibatch: Minibatch): CapturedStep | undefined {
    const shapes = Object.entries(minibatch).map(([name, { shape }]) => `${name} ${shape}`);
    const key = shapes.join('; ');
    const known = this.#steps.get(key);
    if (known !== undefined || this.#steps.size >= mostShapes) return known;
    const step = new CapturedStep({ ...this.#options, move: this.#move }, minibatch);
    this.#steps.set(key, step);
    return step;
  }
}
