import type { LoadProgress } from '../data/load.ts';
import { EnasTorchError } from '../errors/error.ts';
import { finalReport } from '../report/finalReport.ts';
import { jsonLines } from '../report/jsonLines.ts';
import { write } from '../report/output.ts';
import { plainLines } from '../report/plainLines.ts';
import { progress } from '../report/progress.ts';
import { quiet } from '../report/quiet.ts';
import type { Reporter } from '../report/reporter.ts';
import type { RunEvent } from '../run/events.ts';
import { DecodingLine } from './decodingLine.ts';
import { Interrupted } from './exit.ts';
import type { Host } from './host.ts';
import { Interrupts } from './interrupts.ts';

/** How a command shows a run. */
export interface WatchOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is said at a run's end; undefined where its last event is not that of an end. */
export type Ending = (last: RunEvent | undefined) => string | undefined;

const searchEnding: Ending = (last) => (last?.type === 'done' ? finalReport(last) : undefined);

/**
 * Shows a run until it is done, then where its result lies.
 *
 * @param begin makes the run's events; the signal is aborted at the first Ctrl-C, and the decoding of
 *   image files is shown on standard error
 * @throws Interrupted when a signal ended the run
 */
export async function watch(
  host: Host,
  options: WatchOptions,
  begin: (signal: AbortSignal, onDataProgress: LoadProgress) => AsyncIterable<RunEvent>,
  ending: Ending = searchEnding,
): Promise<void> {
  const live = isLive(host, options);
  const decoding = new DecodingLine(host);
  const interrupts = new Interrupts(() => {
    if (!live) host.stderr.write('stopping (Ctrl-C again stops at once)\n');
  });
  try {
    const reporter = reporterFor(host, options, interrupts.signal);
    const last = await reporter(
      begin(interrupts.signal, options.quiet ? () => {} : decoding.onProgress),
    );
    const report = ending(last);
    if (report === undefined) throw endedEarly(interrupts);
    if (!options.json) await write(host.stdout, report);
  } catch (error) {
    const aborted = error instanceof EnasTorchError && error.code === 'ERR_ABORTED';
    throw aborted && interrupts.signal.aborted ? endedEarly(interrupts) : error;
  } finally {
    interrupts.stop();
    await decoding.end();
  }
}

function reporterFor(host: Host, options: WatchOptions, signal: AbortSignal): Reporter {
  if (options.json) return jsonLines(host.stdout);
  if (options.quiet) return quiet(host.stderr);
  if (!isLive(host, options)) return plainLines(host.stdout);
  return progress(host.stdout, (host.env.NO_COLOR ?? '') === '', signal);
}

function isLive(host: Host, options: WatchOptions): boolean {
  return !options.json && !options.quiet && host.stdout.isTTY === true && host.env.TERM !== 'dumb';
}

function endedEarly(interrupts: Interrupts): Error {
  if (interrupts.signal.aborted) return new Interrupted(interrupts.exitCode);
  return new Error('the run ended without a result');
}
