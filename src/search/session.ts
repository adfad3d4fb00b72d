import { z } from 'zod';
import { adamState } from '../controller/adamState.ts';
import { Controller } from '../controller/controller.ts';
import { EnasTorchError } from '../errors/error.ts';
import type { RecordedSegments } from '../graph/segments/recordedSegments.ts';
import { createLearner, type Dataset, taskOf } from '../learning/createLearner.ts';
import type { Learner, Network } from '../learning/learner.ts';
import { copyInto, ParameterDictionary } from '../learning/parameters.ts';
import {
  activationDType,
  keptPrecision,
  precisionSchema,
  resolvePrecision,
} from '../learning/precision.ts';
import type { Recoverable } from '../learning/recovery.ts';
import { Streams } from '../random/streams.ts';
import type { Checkpoint, CheckpointContents } from '../run/checkpoint.ts';
import { type ResolvedConfig, spaceOf } from '../run/config.ts';
import type { ChosenPrecision } from '../run/precision.ts';
import type { Space } from '../spaces/space.ts';
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { ChildReward } from './rewards.ts';
import { initialState, type SearchState, searchStateSchema } from './state.ts';

const checkpointStateSchema = z.strictObject({
  state: searchStateSchema,
  /** What the run began in: another machine may choose another for `auto`. */
  precision: precisionSchema,
  /** Fingerprint of the data set, so that a run is not continued on another. */
  dataset: z.string(),
  /** Whether the rewards are those of a function of one's own. */
  ownReward: z.boolean(),
});

/** What a search works on: all that is built from its configuration, and where it stands. */
export interface Session extends Recoverable {
  readonly config: ResolvedConfig;
  readonly device: Device;
  chosen: ChosenPrecision;
  readonly learner: Learner;
  readonly streams: Streams;
  readonly space: Space;
  readonly shared: ParameterDictionary;
  readonly controller: Controller;
  readonly adam: torch.Adam;
  /** What runs segments of the children by recordings, where the device can record. */
  segments: RecordedSegments | null;
  /** ω steps that are launched before the last one is read: 1 on a GPU, which then never waits. */
  readonly readsBehind: number;
  /** What the controller is to learn from in place of the search's own reward. */
  reward: ChildReward | null;
  /** For a reward of one's own. */
  signal: AbortSignal | undefined;
  state: SearchState;
}

/** Builds a session at the start of a run. */
export function createSession(config: ResolvedConfig, dataset: Dataset, device: Device): Session {
  const streams = new Streams(config.seed);
  const space = spaceOf(config);
  const { theta, omega } = config.search;
  const controller = new Controller(space.decisions, theta, streams);
  const graph = space.child(space.decode(controller.greedy()), taskOf(dataset));
  const learner = createLearner(dataset, { config, purpose: 'search', streams, device, graph });
  const union = space.union(learner.task);
  return {
    config,
    device,
    chosen: resolvePrecision(config.precision, device),
    learner,
    streams,
    space,
    shared: new ParameterDictionary(union, {
      device,
      streams,
      stream: 'omega/init',
      momentum: omega.momentum > 0,
      denseUpdates: omega.denseUpdates,
    }),
    controller,
    adam: new torch.Adam([...controller.theta.values()], {
      lr: theta.lr,
      betas: [theta.beta1, theta.beta2],
      eps: theta.epsilon,
    }),
    segments: null,
    readsBehind: device === 'cpu' ? 0 : 1,
    reward: null,
    wentBackTo: undefined,
    signal: undefined,
    inFlight: 0,
    state: initialState,
  };
}

/** The child that an architecture is, over the shared parameters. */
export function childOf(session: Session, arch: unknown): Network {
  const { space, learner, shared, chosen, segments } = session;
  const dtype = activationDType(chosen.precision);
  const network = { graph: space.child(arch, learner.task), lookup: shared.lookup, dtype };
  return segments === null ? network : { ...network, segments };
}

/** Everything of a session that a checkpoint must hold. */
export function contentsOf(session: Session): CheckpointContents {
  return {
    tensors: {
      shared: session.shared.values(),
      controller: Object.fromEntries(session.controller.theta),
      optimizers: optimizerState(session),
      carried: session.learner.carried(),
    },
    state: {
      state: session.state,
      precision: session.chosen.precision,
      dataset: session.learner.fingerprint,
      ownReward: session.reward !== null,
    },
  };
}

/**
 * Takes a session to where a checkpoint stands.
 * @throws EnasTorchError ERR_RUN when the checkpoint is of another data set or does not fit
 */
export async function restore(session: Session, checkpoint: Checkpoint): Promise<void> {
  const { dataset, precision, ownReward, state } = checkpoint.stateAs(checkpointStateSchema);
  if (dataset !== session.learner.fingerprint) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${checkpoint.path}: expected the data set that the run was started on, got another at ` +
        `${session.config.data.spec}; put the same data back, or start a new run`,
    );
  }
  if (ownReward !== (session.reward !== null)) {
    const [expected, got] = ownReward ? ['a reward function', 'none'] : ['none', 'one'];
    throw new EnasTorchError(
      'ERR_RUN',
      `${checkpoint.path}: expected ${expected} as the search was begun with, got ${got}; ` +
        'go on with the same, or start a new run',
    );
  }
  const [shared, controller, optimizers, carried] = await Promise.all(
    ['shared', 'controller', 'optimizers', 'carried'].map((file) => checkpoint.tensors(file)),
  );
  copyInto('shared', session.shared.values(), shared!);
  copyInto('controller', Object.fromEntries(session.controller.theta), controller!);
  copyInto('optimizers', optimizerState(session), optimizers!);
  copyInto('carried', session.learner.carried(), carried!);
  session.chosen = keptPrecision(precision, session.config.precision, session.device);
  session.state = state;
}

/** Momentum of ω, and Adam's moments and step counts for θ. */
function optimizerState({ shared, adam, controller }: Session): Record<string, Tensor> {
  const momenta = Object.entries(shared.momenta()).map(([name, momentum]) => [
    `momentum/${name}`,
    momentum,
  ]);
  return { ...Object.fromEntries(momenta), ...adamState(adam, controller.theta) };
}
