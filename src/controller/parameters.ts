import type { Streams } from '../random/streams.ts';
import type { Decision } from '../spaces/space.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';

/** The controller's initial range: θ ~ U(−0.1, 0.1) (Pham et al. 2018, appendix A). */
const initRange = 0.1;

/** The name under which decisions with the same options share their embedding and softmax. */
export const optionsKey = (options: readonly string[]) => options.join('|');

/**
 * θ by name, all leaves that require gradients:
 * `lstm/ih`, `lstm/hh` [4H, H]; `start` [1, H]; for each set of options `embedding/<options>` and
 * `softmax/<options>` [K, H], and `bias/<options>` [K] where the decision asks for one; for attention `attention/anchor`, `attention/query` [H, H] and
 * `attention/v` [1, H]. Nothing else has a bias, as in the
 * authors' controller.
 */
export function createTheta(
  decisions: readonly Decision[],
  units: number,
  streams: Streams,
): Map<string, Tensor> {
  const theta = new Map<string, Tensor>();
  const add = (name: string, shape: readonly number[]) => {
    if (theta.has(name)) return;
    const seed = streams.key(`theta/init/${name}`);
    const options = { low: -initRange, high: initRange, seed, requiresGrad: true };
    theta.set(name, torch.uniform(shape, options));
  };
  add('lstm/ih', [4 * units, units]);
  add('lstm/hh', [4 * units, units]);
  add('start', [1, units]);
  for (const decision of decisions) {
    if (decision.kind === 'op') {
      const key = optionsKey(decision.options);
      add(`embedding/${key}`, [decision.options.length, units]);
      add(`softmax/${key}`, [decision.options.length, units]);
      if (decision.bias !== undefined && !theta.has(`bias/${key}`)) {
        theta.set(`bias/${key}`, torch.tensor([...decision.bias], { requiresGrad: true }));
      }
    } else {
      add('attention/anchor', [units, units]);
      add('attention/query', [units, units]);
      add('attention/v', [1, units]);
    }
  }
  return theta;
}
