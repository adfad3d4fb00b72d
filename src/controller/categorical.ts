import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

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

  /** One index for each distribution: int64 of the logits' shape without K. */
  sample(seed: number): Tensor {
    const shape = this.probs.shape;
    const rows = this.probs.detach().reshape([-1, shape.at(-1)!]);
    return torch.multinomial(rows, 1, { seed }).reshape(shape.slice(0, -1));
  }

  mode(): Tensor {
    return this.logProbs.argmax(-1);
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
