import type { DropoutOptions, RecurrentOptions } from './options.ts';

/** In what the child of a search and the network trained from scratch differ, and what both need. */
export interface Style
  extends Pick<
    RecurrentOptions,
    'tied' | 'firstCarry' | 'output' | 'recurrentInput' | 'weights' | 'variational'
  > {
  readonly hidden: number;
  readonly layers: number;
  readonly batchNorm: boolean;
  /** What batch norms normalise by. */
  readonly statistics: 'batch' | 'running';
  readonly initRange: number;
  readonly dropout: DropoutOptions;
}
