import { adamState } from '../controller/adamState.ts';
import { Controller } from '../controller/controller.ts';
import { copyInto } from '../learning/parameters.ts';
import { Streams } from '../random/streams.ts';
import type { Checkpoint, CheckpointContents } from '../run/checkpoint.ts';
import * as torch from '../torch/index.ts';
import type { CustomSpace } from './defineSpace.ts';
import { Scored, type ScoredLine } from './scored.ts';
import type { SpaceSettings } from './settings.ts';
import { initialSpaceState, type SpaceState, spaceStateSchema } from './state.ts';

/** What the search of a custom space works on, and where it stands. */
export interface SpaceSession {
  readonly space: CustomSpace<unknown>;
  readonly settings: SpaceSettings;
  readonly streams: Streams;
  readonly controller: Controller;
  readonly adam: torch.Adam;
  readonly scored: Scored;
  state: SpaceState;
}

export function createSpaceSession(
  space: CustomSpace<unknown>,
  settings: SpaceSettings,
): SpaceSession {
  const { seed, units, lr, tanhConstant, temperature } = settings;
  const streams = new Streams(seed);
  const options = { units, tanhConstant, temperature, opTanhReduce: 1, skipTarget: 0.5 };
  const controller = new Controller(space.decisions, options, streams);
  const adam = new torch.Adam([...controller.theta.values()], { lr });
  const scored = new Scored();
  return { space, settings, streams, controller, adam, scored, state: initialSpaceState };
}

/** Everything of a session that a checkpoint must hold. */
export function contentsOf(session: SpaceSession): CheckpointContents {
  const { adam, state } = session;
  const { theta } = session.controller;
  const tensors = { controller: Object.fromEntries(theta), adam: adamState(adam, theta) };
  return { tensors, state };
}

/**
 * Takes a new session to where a checkpoint stands.
 *
 * @param scored the architectures scored before it
 */
export async function restore(
  session: SpaceSession,
  checkpoint: Checkpoint,
  scored: readonly ScoredLine[],
): Promise<void> {
  for (const [file, tensors] of Object.entries(contentsOf(session).tensors)) {
    copyInto(file, tensors, await checkpoint.tensors(file));
  }
  for (const { choices, reward } of scored) session.scored.add(choices, reward);
  session.state = checkpoint.stateAs(spaceStateSchema);
}
