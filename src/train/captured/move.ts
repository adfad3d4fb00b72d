import type { Tensor } from '../../torch/index.ts';
import * as torch from '../../torch/index.ts';

/** What moves the parameters, save the rate. */
export interface CapturedSgd {
  readonly momentum: number;
  readonly weightDecay: number;
  /** 0 = never. */
  readonly clipNorm: number;
}

export interface MoveOptions {
  /** That a step moves: leaves whose `grad` is set, for all steps the same tensors. */
  readonly parameters: readonly Tensor[];
  /** Of each parameter; none without momentum. */
  readonly momenta: readonly Tensor[];
  readonly sgd: CapturedSgd;
}

/**
 * The optimiser's half of a step, all of it on the device: its rate and whether it moves anything stand in
 * tensors. Once a loss was not finite nothing is moved any more, so that the loss may be read when further
 * steps have been launched.
 */
export class Move {
  readonly #options: MoveOptions;
  readonly #lr: Tensor;
  /** 1 from the first loss on that was not finite. */
  readonly #stopped: Tensor;

  constructor(options: MoveOptions) {
    const { device } = options.parameters[0]!;
    this.#options = options;
    this.#lr = torch.zeros([], { device });
    this.#stopped = torch.zeros([], { device });
  }

  /** The learning rate of what is launched from now on. */
  setRate(lr: number): void {
    torch.noGrad(() => this.#lr.fill_(lr));
  }

  /**
   * Moves the parameters by their gradients, after which those are zero.
   * @param loss float32, a scalar
   */
  move(loss: Tensor): void {
    const { parameters, momenta, sgd } = this.#options;
    const { momentum, weightDecay, clipNorm } = sgd;
    torch.scope(() =>
      torch.noGrad(() => {
        if (clipNorm > 0) torch.clipGradNorm(parameters, clipNorm);
        const bad = loss.isfinite().logicalNot().to({ dtype: 'float32' });
        this.#stopped.copy_(this.#stopped.maximum(bad));
        torch.sgdStepCapturable(parameters, momenta, {
          lr: this.#lr,
          skip: this.#stopped,
          momentum,
          weightDecay,
          nesterov: momentum > 0,
        });
        torch.zeroAll(parameters.map(({ grad }) => grad!));
      }),
    );
  }

  /** Moves parameters again, which have been put back to finite ones. */
  goOn(): void {
    torch.noGrad(() => this.#stopped.zero_());
  }

  dispose(): void {
    this.#lr.dispose();
    this.#stopped.dispose();
  }
}
