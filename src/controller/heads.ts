import type { Decision } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import { functional as F, type Tensor } from '../torch/index.ts';
import { optionsKey } from './parameters.ts';

export interface HeadOptions {
  /** Logits are tanhConstant·tanh(logits / temperature); 0 leaves out the tanh. */
  readonly tanhConstant: number;
  readonly temperature: number;
  /** Operators' logits have tanhConstant / opTanhReduce. */
  readonly opTanhReduce: number;
}

type OpDecision = Decision & { readonly kind: 'op' };

/** What turns hidden states into distributions: a softmax over operators, attention over anchors. */
export class Heads {
  readonly #theta: ReadonlyMap<string, Tensor>;
  readonly #options: HeadOptions;

  constructor(theta: ReadonlyMap<string, Tensor>, options: HeadOptions) {
    this.#theta = theta;
    this.#options = options;
  }

  /** Tempered logits over the operators of a decision, without its prior: [..., H] → [..., K]. */
  operators(h: Tensor, { options, bias }: OpDecision): Tensor {
    const key = optionsKey(options);
    const logits = F.linear(
      h,
      this.#of(`softmax/${key}`),
      bias === undefined ? undefined : this.#of(`bias/${key}`),
    );
    const { tanhConstant, opTanhReduce } = this.#options;
    return this.#temper(logits, tanhConstant / opTanhReduce);
  }

  /** W₁·anchor: what attention reads of an anchor, computed once however many decisions read it. */
  project(anchor: Tensor): Tensor {
    return F.linear(anchor, this.#of('attention/anchor'));
  }

  /** W₂·h: what attention asks with at a decision. */
  query(h: Tensor): Tensor {
    return F.linear(h, this.#of('attention/query'));
  }

  /** Tempered vᵀ·tanh(projected + query) of each pair: [..., H] → [...]. */
  attend(projected: Tensor, query: Tensor): Tensor {
    const logits = F.linear(projected.add(query).tanh(), this.#of('attention/v')).squeeze(-1);
    return this.#temper(logits, this.#options.tanhConstant);
  }

  #of(name: string): Tensor {
    return this.#theta.get(name)!;
  }

  /** Temperature and tanh constant (Pham et al. 2018, section 3.2). */
  #temper(logits: Tensor, constant: number): Tensor {
    const { temperature } = this.#options;
    const scaled = temperature === 1 ? logits : logits.div(temperature);
    return constant === 0 ? scaled : scaled.tanh().mul(constant);
  }
}

/**
 * The two logits (off, on) = (−q, q) of each skip connection: [...] → [..., 2]. Sampling,
 * log-probability, entropy and KL all read this one distribution: the authors' KL used σ(q) where
 * they sampled from σ(2q), so that a target of 0.4 gave a rate of 0.31.
 */
export function offAndOn(q: Tensor): Tensor {
  return torch.stack([q.neg(), q], -1);
}
