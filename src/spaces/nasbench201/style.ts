/** In what the child of a search and the network trained from scratch differ. */
export interface Style {
  /** Channels of the first stage. */
  readonly filters: number;
  /** Cells in each stage. */
  readonly cells: number;
  /** Share of the features that dropout keeps before the head. */
  readonly keepProb: number;
  /** What batch norms normalise by. */
  readonly statistics: 'batch' | 'running';
}
