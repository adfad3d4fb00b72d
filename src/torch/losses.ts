import { checkOneOf } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import { native } from './addon.ts';
import { handleOf, Tensor } from './tensor.ts';

const reductions = ['none', 'mean', 'sum'] as const;

export interface LossOptions {
  /** A weight for each class, [K]. */
  readonly weight?: Tensor;
  /** Default 'mean'. */
  readonly reduction?: (typeof reductions)[number];
  /** A target that counts for nothing. Default −100. */
  readonly ignoreIndex?: number;
}

const lossKeys = ['weight', 'reduction', 'ignoreIndex'] as const;

/**
 * −log softmax(logits)[target]; logits [N, K], target int64 [N]. Of bfloat16 logits the loss is
 * float32, and computed as such.
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: LossOptions & { readonly labelSmoothing?: number } = {},
): Tensor {
  const {
    weight,
    reduction = 'mean',
    ignoreIndex = -100,
    labelSmoothing = 0,
  } = known('crossEntropy', options, [...lossKeys, 'labelSmoothing']);
  return new Tensor(
    native.crossEntropy(
      handleOf(logits),
      handleOf(target),
      weight && handleOf(weight),
      reductions.indexOf(checkOneOf('crossEntropy: reduction', reduction, reductions)),
      ignoreIndex,
      labelSmoothing,
    ),
  );
}

/**
 * crossEntropy(linear(input, weight), target): of [N, H], [K, H] and int64 [N], without the logits'
 * gradient being stored beside them. Where `input` is bfloat16 so are the logits, and a float32
 * `weight` has a float32 gradient. First derivatives only for float32 and bfloat16 on a CPU.
 */
export function linearCrossEntropy(
  input: Tensor,
  weight: Tensor,
  target: Tensor,
  options: { readonly reduction?: 'mean' | 'sum'; readonly ignoreIndex?: number } = {},
): Tensor {
  const where = 'linearCrossEntropy';
  const { reduction = 'mean', ignoreIndex = -100 } = known(where, options, [
    'reduction',
    'ignoreIndex',
  ]);
  const mean = checkOneOf(`${where}: reduction`, reduction, ['mean', 'sum']) === 'mean';
  return new Tensor(
    native.linearCrossEntropy(
      handleOf(input),
      handleOf(weight),
      handleOf(target),
      mean,
      ignoreIndex,
    ),
  );
}

/** −logProbs[target]; logProbs [N, K], target int64 [N]. */
export function nllLoss(logProbs: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { weight, reduction = 'mean', ignoreIndex = -100 } = known('nllLoss', options, lossKeys);
  return new Tensor(
    native.nllLoss(
      handleOf(logProbs),
      handleOf(target),
      weight && handleOf(weight),
      reductions.indexOf(checkOneOf('nllLoss: reduction', reduction, reductions)),
      ignoreIndex,
    ),
  );
}
