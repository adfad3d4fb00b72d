import type { ResolvedConfig } from '../run/config.ts';

type Settings = Pick<ResolvedConfig, 'train' | 'data'>;

/**
 * Whether the epoch that is best on the validation split is kept, as for text it always is; otherwise
 * the last one.
 */
export function holdsOut({ train }: Settings): boolean {
  return !('holdOut' in train) || train.holdOut;
}

/**
 * Whether the validation split is learned from too: where nothing is held out, unless only so many
 * training images were asked for.
 */
export function trainsOnValid(settings: Settings): boolean {
  return !holdsOut(settings) && settings.data.trainLimit === null;
}
