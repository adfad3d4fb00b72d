import { EnasTorchError } from '../errors/error.ts';
import type { Clock } from '../learning/clock.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { Recovery } from '../run/events.ts';
import { lrScale, NotFinite } from './notFinite.ts';
import { restore, type Session } from './session.ts';

/**
 * Takes a search back to its newest checkpoint after a number that is not finite, with a lower learning
 * rate for ω: the same steps would end in the same number. Where it comes to that again before another
 * checkpoint is written, the one before is taken, since parameters may be finite and beyond help; the
 * last resort is the run's beginning.
 *
 * @param anew makes the session of the run's beginning
 * @throws EnasTorchError ERR_RUN when it has gone back as often as it may
 */
export async function goBack(
  session: Session,
  failure: NotFinite,
  { directory, clock, anew }: { directory: RunDirectory; clock: Clock; anew: () => Session },
): Promise<{ readonly session: Session; readonly event: Recovery }> {
  const recoveries = session.state.recoveries + 1;
  if (recoveries > session.config.search.recovery.attempts) throw givenUp(session, failure);
  const { wentBackTo } = session;
  const checkpoint = wentBackTo === null ? null : await directory.latestCheckpoint(wentBackTo);
  directory.rewindTo(checkpoint);
  let back = session;
  if (checkpoint !== null) await restore(session, checkpoint);
  else {
    session.segments?.dispose();
    session.segments = null;
    back = anew();
  }
  back.inFlight = 0;
  back.wentBackTo = checkpoint;
  back.state = { ...back.state, recoveries };
  const { step, epoch } = back.state;
  const { what, value, step: atStep, archs } = failure;
  const event = clock.stamp({
    type: 'recovery',
    step,
    epoch,
    what,
    value: String(value),
    atStep,
    archs,
    recoveries,
    lrScale: lrScale(back),
  });
  return { session: back, event };
}

function givenUp({ config }: Session, { what, value, step, archs }: NotFinite): EnasTorchError {
  const { recovery, omega } = config.search;
  const under =
    archs.length === 0 ? '' : ` under ${archs.map((a) => JSON.stringify(a)).join(', ')}`;
  const times = recovery.attempts === 1 ? 'once' : `${recovery.attempts} times`;
  const tried = recovery.attempts === 0 ? '' : `, after going back to the last checkpoint ${times}`;
  return new EnasTorchError(
    'ERR_RUN',
    `the ${what} is ${value} at ω step ${step}${under}${tried}; ` +
      `lower search.omega.lr (${JSON.stringify(omega.lr)}) or raise search.recovery.attempts`,
  );
}

/**
 * Whether the shared parameters are finite: a checkpoint that the run may go back to holds no others.
 * @throws NotFinite
 */
export function checkParameters({ shared, state }: Session): void {
  const sum = shared.flat.detach().sum();
  const value = sum.item();
  sum.dispose();
  if (Number.isFinite(value)) return;
  throw new NotFinite('sum of the shared parameters', value, state.step, []);
}
