import type { Streams } from '../random/streams.ts';
import type { Choice, Choices, Decision } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import { functional as F, type Tensor } from '../torch/index.ts';
import { Categorical } from './categorical.ts';
import { createTheta, optionsKey } from './parameters.ts';

export interface ControllerOptions {
  /** LSTM hidden units H. */
  readonly units: number;
  /** Logits are tanhConstant·tanh(logits / temperature); 0 leaves out the tanh. */
  readonly tanhConstant: number;
  readonly temperature: number;
  /** Operators' logits have tanhConstant / opTanhReduce. */
  readonly opTanhReduce: number;
  /** ρ, the skip rate that {@link Rollout.skipKl} measures from. */
  readonly skipTarget: number;
}

/** N architectures drawn from (or scored under) the policy, with what REINFORCE needs. */
export interface Rollout {
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

/** How an index is picked at a decision: from its distribution. */
type Pick = (decision: Decision, index: number, distribution: Categorical) => Tensor;

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

  constructor(decisions: readonly Decision[], options: ControllerOptions, streams: Streams) {
    this.decisions = decisions;
    this.options = options;
    this.theta = createTheta(decisions, options.units, streams);
  }

  /** N architectures drawn from the policy, recorded for `backward`. The draws are a function of (streams, stream, step). */
  sample(n: number, streams: Streams, stream: string, step: number): Rollout {
    return this.#unroll(n, (decision, _, distribution) =>
      distribution.sample(streams.key(`${stream}/${decision.name}`, step)),
    );
  }

  /** The same figures for given architectures, an imported one too. */
  score(choices: readonly Choices[]): Rollout {
    return this.#unroll(choices.length, (_, index) =>
      torch.tensor(
        choices.map((architecture) => architecture[index] as Choice),
        { dtype: 'int64' },
      ),
    );
  }

  /** The architecture that takes the most likely choice at every decision. */
  greedy(): Choices {
    return torch.scope(
      () =>
        torch.noGrad(() => this.#unroll(1, (_, __, distribution) => distribution.mode()))
          .choices[0]!,
    );
  }

  #unroll(n: number, pick: Pick): Rollout {
    const start = this.#theta('start').expand([n, this.options.units]);
    const weights = { weightIh: this.#theta('lstm/ih'), weightHh: this.#theta('lstm/hh') };
    let state: [Tensor, Tensor] = [
      torch.zeros([n, this.options.units]),
      torch.zeros([n, this.options.units]),
    ];
    let input = start;
    const anchors = new Map<string, Anchor>();
    const picked: Tensor[] = [];
    const logProbs: Tensor[] = [];
    const entropies: Tensor[] = [];
    const skipKls: Tensor[] = [];
    let skipsOn = 0;
    let skipsPossible = 0;

    for (const [index, decision] of this.decisions.entries()) {
      for (const root of decision.roots ?? []) {
        state = F.lstmCell(start, state, weights);
        anchors.set(root, this.#anchor(state[0]));
      }
      state = F.lstmCell(input, state, weights);
      const [h] = state;
      const distribution = new Categorical(
        decision.kind === 'op'
          ? this.#classify(h, decision)
          : this.#temper(this.#attend(h, decision.among, anchors), decision.kind),
      );
      const choice = pick(decision, index, distribution);
      picked.push(choice);
      const logProb = distribution.logProb(choice);
      const entropy = distribution.entropy();
      if (decision.kind === 'skips') {
        logProbs.push(logProb.sum(1));
        entropies.push(entropy.sum(1));
        skipKls.push(distribution.klTo(this.#skipTarget()).sum(1));
        skipsOn += choice.sum().item();
        skipsPossible += choice.numel();
      } else {
        logProbs.push(logProb);
        entropies.push(entropy);
      }
      if (decision.anchor !== undefined) anchors.set(decision.anchor, this.#anchor(h));
      input = this.#feed(decision, choice, anchors);
    }
    return {
      choices: toChoices(n, picked),
      logProb: torch.stack(logProbs).sum(0),
      entropy: torch.stack(entropies).sum(0),
      skipKl: skipKls.length === 0 ? null : torch.stack(skipKls).mean(0),
      skipRate: skipsPossible === 0 ? null : skipsOn / skipsPossible,
    };
  }

  #theta(name: string): Tensor {
    return this.theta.get(name)!;
  }

  #anchor(hidden: Tensor): Anchor {
    return { hidden, projected: F.linear(hidden, this.#theta('attention/anchor')) };
  }

  /** Tempered logits of an operator decision, with its bias and prior: [N, K]. */
  #classify(h: Tensor, { options, bias, prior }: Decision & { readonly kind: 'op' }): Tensor {
    const key = optionsKey(options);
    const logits = F.linear(
      h,
      this.#theta(`softmax/${key}`),
      bias === undefined ? undefined : this.#theta(`bias/${key}`),
    );
    const tempered = this.#temper(logits, 'op');
    return prior === undefined ? tempered : tempered.add(torch.tensor([...prior]));
  }

  /** vᵀ·tanh(W₁·anchorⱼ + W₂·h) for each j: [N, J]. */
  #attend(h: Tensor, among: readonly string[], anchors: ReadonlyMap<string, Anchor>): Tensor {
    const projected = torch.stack(
      among.map((name) => anchors.get(name)!.projected),
      1,
    );
    const query = F.linear(h, this.#theta('attention/query')).unsqueeze(1);
    return F.linear(projected.add(query).tanh(), this.#theta('attention/v')).squeeze(2);
  }

  /**
   * Temperature and tanh constant (Pham et al. 2018, section 3.2), then for skips the two logits
   * (off, on) = (−q, q) of each connection. Sampling, log-probability, entropy and KL all read this
   * one distribution: the authors' KL used σ(q) where they sampled from σ(2q), so that a target of
   * 0.4 gave a rate of 0.31.
   */
  #temper(logits: Tensor, kind: Decision['kind']): Tensor {
    const { tanhConstant, temperature, opTanhReduce } = this.options;
    const scaled = temperature === 1 ? logits : logits.div(temperature);
    const constant = kind === 'op' ? tanhConstant / opTanhReduce : tanhConstant;
    const q = constant === 0 ? scaled : scaled.tanh().mul(constant);
    return kind === 'skips' ? torch.stack([q.neg(), q], 2) : q;
  }

  #skipTarget(): Tensor {
    const { skipTarget } = this.options;
    return torch.tensor([1 - skipTarget, skipTarget]);
  }

  /** The next LSTM input: what was chosen, as a vector. */
  #feed(decision: Decision, choice: Tensor, anchors: ReadonlyMap<string, Anchor>): Tensor {
    if (decision.kind === 'op') {
      return F.embedding(this.#theta(`embedding/${optionsKey(decision.options)}`), choice);
    }
    const hidden = torch.stack(
      decision.among.map((name) => anchors.get(name)!.hidden),
      1,
    );
    if (decision.kind === 'input') {
      const [n, , units] = hidden.shape as [number, number, number];
      const index = choice.reshape([n, 1, 1]).expand([n, 1, units]);
      return hidden.gather(1, index).squeeze(1);
    }
    const on = choice.to({ dtype: hidden.dtype }).unsqueeze(2);
    return hidden.mul(on).sum(1).div(on.sum(1).add(1));
  }
}

interface Anchor {
  readonly hidden: Tensor;
  /** W₁·hidden, computed once however many decisions attend to it. */
  readonly projected: Tensor;
}

/** The picked indices as one list of choices for each architecture. */
function toChoices(n: number, picked: readonly Tensor[]): Choices[] {
  const columns = picked.map((choice) => choice.tolist() as Choice[]);
  return Array.from({ length: n }, (_, i) => columns.map((column) => column[i]!));
}
