import type { Learned, Minibatch, Position } from '../../learning/learner.ts';
import { CapturedStep, type CapturedStepOptions, NotRecorded } from './step.ts';

/** Shapes of minibatches that recordings are kept for; each keeps the memory of a whole step. */
const mostShapes = 4;

/**
 * Takes the steps of a training by recordings, one for each shape of minibatch (pieces of text of varying
 * length have several). Steps of further shapes are left to the caller, and all of them once one could
 * not be recorded. Before a step the gradients are zero, and after it.
 */
export class CapturedSteps {
  readonly #options: CapturedStepOptions;
  readonly #steps = new Map<string, CapturedStep>();
  /** Why no more is recorded. */
  #failure: NotRecorded | null = null;

  constructor(options: CapturedStepOptions) {
    this.#options = options;
  }

  /** Why no more is recorded; null where all is well. */
  get failure(): string | null {
    return this.#failure === null ? null : this.#failure.message;
  }

  /** @returns what the step came to, or null where it was not taken */
  take(position: Position, lr: number): Learned | null {
    if (this.#failure !== null) return null;
    const { learner } = this.#options;
    const minibatch = learner.minibatch(position);
    try {
      const step = this.#stepFor(minibatch);
      if (step === undefined) return null;
      const { progress } = position;
      const seed = (node: string) => learner.seed(node, position.step);
      const { lrScale } = learner.size(minibatch);
      return step.take(minibatch, { progress, seed }, lr * lrScale);
    } catch (error) {
      if (!(error instanceof NotRecorded)) throw error;
      this.#failure = error;
      this.dispose();
      return null;
    } finally {
      for (const tensor of Object.values(minibatch)) tensor.dispose();
    }
  }

  dispose(): void {
    for (const step of this.#steps.values()) step.dispose();
    this.#steps.clear();
  }

  #stepFor(minibatch: Minibatch): CapturedStep | undefined {
    const shapes = Object.entries(minibatch).map(([name, { shape }]) => `${name} ${shape}`);
    const key = shapes.join('; ');
    const known = this.#steps.get(key);
    if (known !== undefined || this.#steps.size >= mostShapes) return known;
    const step = new CapturedStep(this.#options, minibatch);
    this.#steps.set(key, step);
    return step;
  }
}
