import type { Streams } from '../random/streams.ts';
import type { Choices, Decision } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import { checkChoices } from './checkChoices.ts';
import { draw, type Pick } from './draw.ts';
import { type HeadOptions, Heads } from './heads.ts';
import { createTheta } from './parameters.ts';
import { type Plan, planOf } from './plan.ts';
import { type Scores, score } from './score.ts';

export interface ControllerOptions extends HeadOptions {
  /** LSTM hidden units H. */
  readonly units: number;
  /** ρ, the skip rate that {@link Rollout.skipKl} measures from. */
  readonly skipTarget: number;
}

/** N architectures drawn from (or scored under) the policy, with what REINFORCE needs. */
export interface Rollout extends Scores {
  readonly choices: readonly Choices[];
  /** log π(m; θ), float32 [N]. */
  readonly logProb: Tensor;
  /** Sum over the decisions of the entropy at each, in nats, [N]. */
  readonly entropy: Tensor;
  /** Mean over the skip decisions of Σⱼ KL(skip probability ‖ ρ), [N]; null where a space has no skips. */
  readonly skipKl: Tensor | null;
  /** Share of possible skip connections that are on; null where a space has none. */
  readonly skipRate: number | null;
}

/**
 * The LSTM policy π(m; θ) over a space's decisions (Pham et al. 2018, section 2): one step a
 * decision, each fed with what the last one chose, N architectures in a batch. Runs on the CPU
 * wherever the child runs: an LSTM of a hundred units costs a GPU more in launches than the child.
 */
export class Controller {
  readonly decisions: readonly Decision[];
  readonly options: ControllerOptions;
  /** θ by name; see `parameters.ts`. */
  readonly theta: ReadonlyMap<string, Tensor>;
  readonly #heads: Heads;
  readonly #plan: Plan;

  constructor(decisions: readonly Decision[], options: ControllerOptions, streams: Streams) {
    this.decisions = decisions;
    this.options = options;
    this.theta = createTheta(decisions, options.units, streams);
    this.#heads = new Heads(this.theta, options);
    this.#plan = planOf(decisions);
  }

  /** N architectures drawn from the policy: a function of (streams, stream, step). Records nothing. */
  draw(n: number, streams: Streams, stream: string, step: number): Choices[] {
    return this.#draw(n, (decision, logits) =>
      torch.sampleCategorical(logits, {
        seed: streams.key(`${stream}/${decision.name}`, step),
      }),
    );
  }

  /** N architectures drawn as {@link draw} does, with their figures recorded for `backward`. */
  sample(n: number, streams: Streams, stream: string, step: number): Rollout {
    return this.score(this.draw(n, streams, stream, step));
  }

  /**
   * The figures of given architectures, an imported one too, recorded for `backward`.
   * @throws EnasTorchError ERR_ARGUMENT when an architecture is not one choice for each decision
   */
  score(choices: readonly Choices[]): Rollout {
    for (const each of choices) checkChoices(this.decisions, each);
    const { decisions, theta } = this;
    const { skipTarget } = this.options;
    const policy = { decisions, theta, skipTarget, heads: this.#heads, plan: this.#plan };
    return { choices, ...score(policy, choices), skipRate: skipRate(choices) };
  }

  /** The architecture that takes the most likely choice at every decision. */
  greedy(): Choices {
    return this.#draw(1, (_, logits) => logits.argmax(-1))[0]!;
  }

  #draw(n: number, pick: Pick): Choices[] {
    return torch.scope(() =>
      torch.noGrad(() =>
        torch.withThreads(1, () => draw(n, this.decisions, this.theta, this.#heads, pick)),
      ),
    );
  }
}

function skipRate(architectures: readonly Choices[]): number | null {
  const bits = architectures.flatMap((choices) =>
    choices.flatMap((choice) => (typeof choice === 'number' ? [] : choice)),
  );
  return bits.length === 0 ? null : bits.reduce((sum, bit) => sum + bit, 0) / bits.length;
}
