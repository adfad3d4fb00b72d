import { setImmediate } from 'node:timers/promises';
import { AbortError } from '../errors/abortError.ts';
import { Clock } from '../learning/clock.ts';
import { resolveDevice } from '../learning/device.ts';
import { type LoadDataOptions, loadData } from '../learning/loadData.ts';
import { askedPrecision, emulationWarnings } from '../learning/precision.ts';
import { Streams } from '../random/streams.ts';
import type { DeriveStart, RunEvent } from '../run/events.ts';
import type { AskedPrecision } from '../run/precision.ts';
import { derive } from './derive.ts';
import { openRun } from './openRun.ts';
import { createSession, restore, type Session } from './session.ts';

export interface DeriveOptions extends LoadDataOptions {
  /** Architectures to sample; by default the run's setting. */
  readonly samples?: number;
  /** Of the samples; by default the run's seed. */
  readonly seed?: number;
  /** `auto`, `cpu`, `cuda` or `cuda:<index>`; by default what the run's configuration says. */
  readonly device?: string | undefined;
  /** What activations are computed in; by default what the run's are. */
  readonly precision?: AskedPrecision | undefined;
}

/**
 * Derives anew from a run's newest checkpoint, and writes `best.json` and `best.svg` there. Nothing
 * is added to the run's metrics: these are not events of its search.
 *
 * @throws EnasTorchError ERR_RUN when there is no run or no checkpoint; ERR_DEVICE when the
 *   device is not there; ERR_ARGUMENT for what is no device or precision
 */
export async function* deriveFromRun(
  run: string,
  { samples, seed, device: place, precision, signal, onDataProgress }: DeriveOptions = {},
): AsyncGenerator<RunEvent> {
  const { directory, checkpoint } = await openRun(run);
  try {
    const clock = new Clock();
    const { config } = directory;
    const device = resolveDevice(place ?? config.device);
    const asked = askedPrecision('deriveFromRun: precision', precision, device);
    const dataset = await loadData(config, device, { signal, onDataProgress });
    const session = createSession(config, dataset, device);
    await restore(session, checkpoint);
    session.chosen = asked ?? session.chosen;

    const count = samples ?? config.search.derive.samples;
    const streams = seed === undefined ? session.streams : new Streams(seed);
    yield deriveStart(session, { run, samples: count }, clock);
    yield* emulationWarnings(session, clock);
    const scored = derive(session, clock, count, streams);
    let next = scored.next();
    for (; !next.done; next = scored.next()) {
      if (next.value !== undefined) yield next.value;
      await setImmediate();
      if (signal?.aborted) throw new AbortError('deriving was stopped');
    }
    directory.writeBest(next.value);
    const { step, epoch } = session.state;
    yield clock.stamp({ type: 'done', step, epoch, run, best: next.value });
  } finally {
    directory.close();
  }
}

function deriveStart(
  { space, learner, device, chosen, state: { step, epoch } }: Session,
  { run, samples }: { readonly run: string; readonly samples: number },
  clock: Clock,
): DeriveStart {
  const { name } = space;
  const { data } = learner;
  const what = { run, space: name, data, device, ...chosen, samples };
  return clock.stamp({ type: 'derive:start', step, epoch, ...what });
}
