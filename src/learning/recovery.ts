import { EnasTorchError } from '../errors/error.ts';
import type { Checkpoint } from '../run/checkpoint.ts';
import type { RunDirectory } from '../run/directory.ts';
import type { Recovery, RunEvent } from '../run/events.ts';
import type { RecoverySettings } from '../spaces/settings.ts';
import * as torch from '../torch/index.ts';
import type { Clock } from './clock.ts';
import { NotFinite } from './notFinite.ts';
import type { ParameterDictionary } from './parameters.ts';

/** What going back changes of a search's or a training's session. */
export interface Recoverable {
  /**
   * The checkpoint that was gone back to after a number that was not finite, null for the run's
   * beginning; undefined once another has been written.
   */
  wentBackTo: Checkpoint | null | undefined;
  /** Steps launched that `state` is not past; a checkpoint is written at 0 only. */
  inFlight: number;
  state: { readonly step: number; readonly epoch: number; readonly recoveries: number };
}

export interface GoingBack<Session> {
  readonly settings: RecoverySettings;
  readonly directory: RunDirectory;
  readonly clock: Clock;
  /** Takes the session to where a checkpoint stands. */
  readonly restore: (session: Session, checkpoint: Checkpoint) => Promise<void>;
  /** Makes the session of the run's beginning. */
  readonly anew: () => Session;
  /** Releases what a session holds besides tensors. */
  readonly release: (session: Session) => void;
  /** What to do where it comes to that number again and again. */
  readonly remedy: string;
}

/** How a search or a training goes through its epochs. */
export interface Epochs<Session> extends GoingBack<Session> {
  readonly isDone: (session: Session) => boolean;
  /** What is left of the epoch under way, up to its checkpoint. */
  readonly epochUnderWay: (session: Session) => AsyncGenerator<RunEvent>;
  /** The first line of the run's metrics. */
  readonly start: (session: Session) => RunEvent;
  /** Called when the session has gone back, before that is recorded. */
  readonly wentBack?: (session: Session) => Promise<void>;
}

/**
 * The epochs of a run that are left, going back where a number is not finite.
 *
 * @returns the session at the end, of which {@link GoingBack.release} is done
 * @throws EnasTorchError ERR_RUN when it has gone back as often as it may
 */
export async function* epochs<Session extends Recoverable>(
  begun: Session,
  going: Epochs<Session>,
): AsyncGenerator<RunEvent, Session> {
  let session = begun;
  try {
    while (!going.isDone(session)) {
      try {
        yield* going.epochUnderWay(session);
      } catch (failure) {
        if (!(failure instanceof NotFinite)) throw failure;
        const back = await goBack(session, failure, going);
        session = back.session;
        await going.wentBack?.(session);
        // Where the metrics begin anew so does their first line.
        going.directory.record(going.start(session));
        going.directory.record(back.event);
        yield back.event;
      }
    }
    return session;
  } finally {
    going.release(session);
  }
}

/** What the learning rate is multiplied by after so many recoveries. */
export function lrScale({ lrFactor }: RecoverySettings, { recoveries }: Recoverable['state']) {
  return lrFactor ** recoveries;
}

/**
 * Takes a run back to its newest checkpoint after a number that is not finite, with a lower learning
 * rate: the same steps would end in the same number. Where it comes to that again before another
 * checkpoint is written, the one before is taken, since parameters may be finite and beyond help; the
 * last resort is the run's beginning.
 *
 * @throws EnasTorchError ERR_RUN when it has gone back as often as it may
 */
async function goBack<Session extends Recoverable>(
  session: Session,
  failure: NotFinite,
  { settings, directory, clock, restore, anew, release, remedy }: GoingBack<Session>,
): Promise<{ readonly session: Session; readonly event: Recovery }> {
  const recoveries = session.state.recoveries + 1;
  if (recoveries > settings.attempts) throw givenUp(failure, settings, remedy);
  const { wentBackTo } = session;
  const checkpoint = wentBackTo === null ? null : await directory.latestCheckpoint(wentBackTo);
  directory.goBackTo(checkpoint);
  let back = session;
  if (checkpoint === null) {
    release(session);
    back = anew();
  } else {
    await restore(session, checkpoint);
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
    lrScale: lrScale(settings, back.state),
  });
  return { session: back, event };
}

function givenUp(
  { what, value, step, archs }: NotFinite,
  { attempts }: RecoverySettings,
  remedy: string,
): EnasTorchError {
  const under =
    archs.length === 0 ? '' : ` under ${archs.map((a) => JSON.stringify(a)).join(', ')}`;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  const tried = attempts === 0 ? '' : `, after going back to the last checkpoint ${times}`;
  return new EnasTorchError(
    'ERR_RUN',
    `the ${what} is ${value} at step ${step}${under}${tried}; ${remedy}`,
  );
}

/**
 * Whether parameters are finite: a checkpoint that a run may go back to holds no others.
 *
 * @param what they are, such as `parameters`
 * @throws NotFinite
 */
export function checkParameters(
  what: string,
  { flat }: ParameterDictionary,
  { step }: Recoverable['state'],
): void {
  const value = torch.scope(() => flat.detach().sum().item());
  if (!Number.isFinite(value)) throw new NotFinite(`sum of the ${what}`, value, step);
}
