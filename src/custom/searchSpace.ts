import { setImmediate } from 'node:timers/promises';
import { forEachLimited } from '../data/concurrency.ts';
import { AbortError } from '../errors/abortError.ts';
import { describe, unexpected } from '../errors/check.ts';
import { Clock } from '../learning/clock.ts';
import type { CustomSpace } from './defineSpace.ts';
import { drawForUpdate } from './draw.ts';
import type { BestOf, SpaceEvent, SpaceWarning } from './events.ts';
import { contentsOf, createSpaceSession, restore, type SpaceSession } from './session.ts';
import type { SpaceSettings } from './settings.ts';
import { samplesOf } from './size.ts';
import { SpaceRun } from './spaceRun.ts';
import { update } from './update.ts';

export interface SearchSpaceArguments<Arch> {
  readonly space: CustomSpace<Arch>;
  readonly settings: SpaceSettings;
  /** Folder that the search is kept in; null = it is not kept. */
  readonly out: string | null;
  readonly resume: boolean;
}

/** Rewards without one that differs, after which there is a warning. */
const constantRewards = 30;

/**
 * The controller alone on a custom space: it samples architectures, asks for their rewards and learns
 * from them. Stops between two updates; a search that is kept goes on there.
 *
 * @throws AbortError when the signal was aborted; EnasTorchError ERR_ARGUMENT when a reward is no finite number
 */
export async function* searchSpace<Arch>(
  { space, settings, out, resume }: SearchSpaceArguments<Arch>,
  { signal }: { readonly signal: AbortSignal },
): AsyncGenerator<SpaceEvent<Arch>, BestOf<Arch>, undefined> {
  const run = out === null ? null : SpaceRun.open(out, space, settings, resume);
  try {
    return yield* searched(createSpaceSession(space, settings), run, signal) as AsyncGenerator<
      SpaceEvent<Arch>,
      BestOf<Arch>
    >;
  } finally {
    run?.close();
  }
}

async function* searched(
  session: SpaceSession,
  run: SpaceRun | null,
  signal: AbortSignal,
): AsyncGenerator<SpaceEvent<unknown>, BestOf<unknown>> {
  const { space, settings } = session;
  const clock = new Clock();
  const stamped = <E extends object>(event: E) => ({
    ...event,
    sample: session.state.sample,
    time: new Date().toISOString(),
    elapsed: clock.elapsed,
  });
  const record = (event: SpaceEvent<unknown>) => {
    run?.record(event);
    return event;
  };
  const stopIfAsked = () => {
    if (!signal.aborted) return;
    const kept = run === null ? '' : `; ${run.path} can be resumed`;
    throw new AbortError(`the search was stopped${kept}`, { cause: signal.reason });
  };

  const checkpoint = run === null ? null : await run.takeUp();
  if (checkpoint !== null) await restore(session, checkpoint, run!.scored());
  const samples = samplesOf(space, settings);
  const start = { type: 'space:start' as const, space: space.name, samples };
  yield record(stamped({ ...start, run: run?.path ?? null }));
  if (checkpoint !== null) {
    for (const message of checkpoint.warnings) yield stamped(damaged(message));
    yield stamped({ type: 'space:resume', checkpoint: checkpoint.path });
  }
  while (session.state.sample < samples) {
    const first = session.state.sample;
    const count = Math.min(settings.batch, samples - first);
    const choices = drawForUpdate(session, count);
    const archs = choices.map((each) => space.decode(each));
    const rewards = await rewardsOf(session, archs, signal, stopIfAsked);
    for (const [i, reward] of rewards.entries()) {
      const { state } = session;
      const arch = archs[i]!;
      const best = state.best === null || reward > state.best.reward;
      session.state = {
        ...state,
        sample: state.sample + 1,
        best: best ? { arch, reward } : state.best,
      };
      session.scored.add(choices[i]!, reward);
      run?.recordScored({ choices: choices[i]!, reward });
      yield record(stamped({ type: 'space:scored', arch, reward, best }));
    }
    const { reward, entropy } = update(session, choices, rewards);
    const { baseline } = session.state;
    yield record(stamped({ type: 'space:step', reward, baseline, entropy }));
    const constant = constantReward(session);
    if (constant !== undefined) yield record(stamped(constant));
    if (run !== null) await run.writeCheckpoint(session.state.sample, contentsOf(session));
    await setImmediate();
    stopIfAsked();
  }
  const best = session.state.best!;
  yield record(stamped({ type: 'space:done', best }));
  return best as BestOf<unknown>;
}

/** Asked for as many at a time as the settings allow. */
async function rewardsOf(
  { space, settings, state }: SpaceSession,
  archs: readonly unknown[],
  signal: AbortSignal,
  stopIfAsked: () => void,
): Promise<number[]> {
  const rewards: number[] = new Array(archs.length);
  await forEachLimited(archs.length, settings.concurrency, async (i) => {
    stopIfAsked();
    const arch = archs[i]!;
    const reward: unknown = await space.reward(arch, { signal, sample: state.sample + i + 1 });
    stopIfAsked();
    if (typeof reward !== 'number' || !Number.isFinite(reward)) {
      const of = `${space.name}: reward of ${JSON.stringify(arch)}`;
      throw unexpected(of, 'a finite number', reward, 'give what cannot be measured a low one');
    }
    rewards[i] = reward;
  });
  return rewards;
}

/** Said once, when no two rewards of several updates have differed. */
function constantReward(session: SpaceSession) {
  const { state, scored } = session;
  if (state.warned || state.sample < constantRewards || !scored.isConstant) return undefined;
  session.state = { ...state, warned: true };
  const message =
    `all of the ${state.sample} architectures so far have the reward ${describe(state.best!.reward)}: ` +
    'the controller has nothing to learn from';
  return { type: 'warning', code: 'constant-reward', message } as const;
}

const damaged = (message: string): Pick<SpaceWarning, 'type' | 'code' | 'message'> => ({
  type: 'warning',
  code: 'checkpoint-damaged',
  message,
});
