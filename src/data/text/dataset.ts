import type { TextTask } from '../../spaces/space.ts';
import type { Tensor } from '../../torch/index.ts';

/** A text in three parts, as tokens on one device. */
export interface TextDataset {
  /** What it is called in reports. */
  readonly name: string;
  /** The types; a token is an index into them. */
  readonly vocabulary: readonly string[];
  /** int64 [T]: what ω is trained on. */
  readonly train: Tensor;
  /** int64 [T]: what rewards are measured on; never trained on during a search. */
  readonly valid: Tensor;
  /** int64 [T]: looked at once, at the end. */
  readonly test: Tensor;
  /** How often each type occurs in the training text, all of it, whatever a limit leaves of `train`. */
  readonly trainCounts: readonly number[];
  /**
   * Per-token perplexity of the unigram model of {@link trainCounts} by maximum likelihood: what a
   * model that reads no context reaches. A type of which the training text has none counts once.
   */
  readonly unigramPerplexity: { readonly valid: number; readonly test: number };
  /** A hash of what the set holds, so that a run is not continued on another. */
  readonly fingerprint: string;
  /** What a report should say of the text, a sentence each. */
  readonly notes: readonly string[];
}

/** What a network for this text has to do. */
export function task({ vocabulary }: TextDataset): TextTask {
  return { kind: 'text', vocabulary: vocabulary.length };
}
