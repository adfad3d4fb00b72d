/** In what the child of a search and the network trained from scratch differ. */
export interface Style {
  /** Normal cells; the two reduction cells come on top. */
  readonly layers: number;
  /** Channels before the first reduction; each reduction doubles them. */
  readonly filters: number;
  /** Share of the features that dropout keeps before the head. */
  readonly keepProb: number;
  /** What batch norms normalise by. */
  readonly statistics: 'batch' | 'running';
  /** Whether a cell begins with a 1×1 convolution of its second input, whatever its channels. */
  readonly base: boolean;
  /**
   * Whether a cell's loose ends are projected to the cell's own channels, so that every cell can read
   * any other, or only concatenated.
   */
  readonly project: boolean;
  readonly auxiliary: boolean;
  /** Probability, at the end of training, that a cell drops one of its operators' results. */
  dropPath(cell: number): number;
}
