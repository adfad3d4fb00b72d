import type { CustomSpace } from '../custom/defineSpace.ts';
import type { BestOf, SpaceEvent } from '../custom/events.ts';
import { searchSpace as work } from '../custom/searchSpace.ts';
import { type SpaceSettings, spaceSettingsSchema } from '../custom/settings.ts';
import { samplesOf } from '../custom/size.ts';
import { unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import { read, within } from '../errors/schema/read.ts';
import { Counted, type CountProgress } from './countProgress.ts';
import { inProcess } from './inProcess.ts';
import { checkJobOptions, Job } from './job.ts';

/** How a custom space is searched; what is left out has the default of {@link spaceSettingsSchema}. */
export interface SearchSpaceOptions extends Partial<SpaceSettings> {
  /** Folder to keep the search in, with a checkpoint after every update; by default it is not kept. */
  readonly out?: string;
  /** Whether to go on with the search that is in `out`, if one is there. Default false. */
  readonly resume?: boolean;
  /** Aborting it stops the search after the rewards under way. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The search of a space made by `defineSpace`, in this thread, where its reward function is; the
 * controller takes milliseconds. Progress is in architectures scored.
 */
export function searchSpace<Arch>(
  space: CustomSpace<Arch>,
  options: SearchSpaceOptions = {},
): Job<SpaceEvent<Arch>, BestOf<Arch>, CountProgress> {
  const { signal, out = null, resume = false, ...given } = options;
  const names = Object.keys(spaceSettingsSchema.shape) as (keyof SpaceSettings)[];
  known('search', options, [...names, 'out', 'resume', 'signal']);
  checkJobOptions('search', options);
  const settings = read(spaceSettingsSchema, given, within('search'));
  if (resume && out === null) {
    throw unexpected('search: out', 'the folder of the search to go on with', undefined);
  }
  const args = { space, settings, out, resume };
  const total = samplesOf(space, settings);
  const counts = new Counted((event: SpaceEvent<Arch>) => ({
    done: event.sample,
    total,
  }));
  return new Job(
    inProcess(async () => work<Arch>, args),
    counts,
    signal,
  );
}
