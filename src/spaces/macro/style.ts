import type { Merge } from './options.ts';

/** In what the child of a search and the network trained from scratch differ. */
export interface Style {
  /** Channels before the first reduction. */
  readonly filters: number;
  /** A reduction multiplies the channels by this. */
  readonly growth: 1 | 2;
  readonly merge: Merge;
  readonly separable: 'depthwise' | 'full';
  /** Whether a batch norm follows where skip connections meet. */
  readonly skipBatchNorm: boolean;
  /** Share of the features that dropout keeps before the head. */
  readonly keepProb: number;
  /** What batch norms normalise by. */
  readonly statistics: 'batch' | 'running';
  /**
   * Inputs that a merge's convolution is initialised for, given how many it has: in the search all
   * that its layer could have, because its weight is a slice of the weight over all of them.
   */
  mergeWidth(layer: number, inputs: number): number;
}
