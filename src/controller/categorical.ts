import type { Tensor } from '../torch/index.ts';

/** A batch of independent categorical distributions, from logits [..., K]. */
export class Categorical {
  /** [..., K] */
  readonly logProbs: Tensor;
  /** [..., K] */
  readonly probs: Tensor;

  constructor(logits: Tensor) {
    this.logProbs = logits.logSoftmax(-1);
    this.probs = this.logProbs.exp();
  }

  /** log p(index), of the index's shape. */
  logProb(index: Tensor): Tensor {
    return this.logProbs.gather(-1, index.unsqueeze(-1)).squeeze(-1);
  }

  /** H(p) in nats, of the logits' shape without K. */
  entropy(): Tensor {
    return this.probs.mul(this.logProbs).sum(-1).neg();
  }

  /** KL(p ‖ target) in nats; `target` [K] or broadcastable, without zeros. */
  klTo(target: Tensor): Tensor {
    return this.probs.mul(this.logProbs.sub(target.log())).sum(-1);
  }
}
