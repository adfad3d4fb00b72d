/** What activations may be asked to be computed in. */
export const precisions = ['auto', 'fp32', 'bf16'] as const;
export type AskedPrecision = (typeof precisions)[number];

/**
 * What activations are computed in. Parameters, gradients, optimiser states, the statistics of batch
 * norms, logits and losses are float32 in either.
 */
export type Precision = Exclude<AskedPrecision, 'auto'>;

/**
 * Why a precision was taken:
 *
 * - `asked`: the configuration or an option names it;
 * - `native`: `auto`, and the device has instructions for bf16;
 * - `not-native`: `auto`, and it has none;
 * - `run`: `auto` in a run that began in this precision, where this device would have another;
 * - `default`: nobody asked, and trained networks are judged in fp32.
 */
export type PrecisionReason = 'asked' | 'native' | 'not-native' | 'run' | 'default';

export interface ChosenPrecision {
  readonly precision: Precision;
  readonly precisionReason: PrecisionReason;
}
