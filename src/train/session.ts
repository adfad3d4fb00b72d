import { z } from 'zod';
import { joinValid } from '../data/joinValid.ts';
import { EnasTorchError } from '../errors/error.ts';
import { liveParameters } from '../graph/live.ts';
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
import type { Device, Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { CapturedSteps } from './captured/steps.ts';
import { trainsOnValid } from './holdsOut.ts';
import { initialState, type TrainState, trainStateSchema } from './state.ts';

const checkpointStateSchema = z.strictObject({
  state: trainStateSchema,
  /** What the run began in: another machine may choose another for `auto`. */
  precision: precisionSchema,
  /** Fingerprint of the data set, so that a run is not continued on another. */
  dataset: z.string(),
});

/** What a training works on: all that is built from its configuration, and where it stands. */
export interface TrainSession extends Recoverable {
  readonly config: ResolvedConfig;
  readonly device: Device;
  chosen: ChosenPrecision;
  readonly learner: Learner;
  network: Network;
  readonly parameters: ParameterDictionary;
  /** Names of the parameters that a step moves. */
  readonly touched: readonly string[];
  /** Mean of the parameters over the steps so far, laid out as {@link ParameterDictionary.flat}. */
  readonly mean: Tensor | null;
  /** The parameters and running statistics that are kept, once `state.kept` says of which epoch. */
  readonly kept: Readonly<Record<string, Tensor>>;
  /** Takes the steps by recordings, where the device can record. */
  captured: CapturedSteps | null;
  /** Recorded steps that are launched before the last one is read: 1 on a GPU, which then never waits. */
  readonly readsBehind: number;
  state: TrainState;
}

/** Builds a session at the start of a run. */
export function createSession(
  config: ResolvedConfig,
  dataset: Dataset,
  device: Device,
): TrainSession {
  const streams = new Streams(config.seed);
  const graph = spaceOf(config).fixed(config.arch, taskOf(dataset));
  const parameters = new ParameterDictionary(graph, {
    device,
    streams,
    stream: 'train/init',
    momentum: config.train.momentum > 0,
  });
  const joins = !('vocabulary' in dataset) && trainsOnValid(config);
  const learned = joins ? joinValid(dataset) : dataset;
  const averages = 'averageFrom' in config.train && config.train.averageFrom > 0;
  const chosen = resolvePrecision(config.precision, device);
  return {
    config,
    device,
    chosen,
    learner: createLearner(learned, { config, purpose: 'train', streams, device, graph }),
    network: { graph, lookup: parameters.lookup, dtype: activationDType(chosen.precision) },
    parameters,
    touched: liveParameters(graph),
    mean: averages ? torch.zerosLike(parameters.flat) : null,
    kept: torch.noGrad(() =>
      Object.fromEntries(
        Object.entries(parameters.values()).map(([name, value]) => [name, value.clone()]),
      ),
    ),
    captured: null,
    readsBehind: device === 'cpu' ? 0 : 1,
    inFlight: 0,
    wentBackTo: undefined,
    state: initialState,
  };
}

/**
 * The network as it is judged: in float32, whatever it learns in, as `evaluate` has it, so that both say
 * the same of the same parameters.
 */
export function judged({ network }: TrainSession): Network {
  return { ...network, dtype: 'float32' };
}

/** Everything of a session that a checkpoint must hold. */
export function contentsOf(session: TrainSession): CheckpointContents {
  const { state, chosen, learner } = session;
  return {
    tensors: tensorsOf(session, state),
    state: { state, precision: chosen.precision, dataset: learner.fingerprint },
  };
}

/**
 * Takes a session to where a checkpoint stands.
 * @throws EnasTorchError ERR_RUN when the checkpoint is of another data set or does not fit
 */
export async function restore(session: TrainSession, checkpoint: Checkpoint): Promise<void> {
  const { dataset, precision, state } = checkpoint.stateAs(checkpointStateSchema);
  if (dataset !== session.learner.fingerprint) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${checkpoint.path}: expected the data set that the run was started on, got another at ` +
        `${session.config.data.spec}; put the same data back, or start a new run`,
    );
  }
  for (const [file, tensors] of Object.entries(tensorsOf(session, state))) {
    copyInto(file, tensors, await checkpoint.tensors(file));
  }
  session.chosen = keptPrecision(precision, session.config.precision, session.device);
  session.network = { ...session.network, dtype: activationDType(precision) };
  session.state = state;
}

/** The tensors of a session in a state, by file of a checkpoint. */
function tensorsOf({ parameters, kept, mean, learner }: TrainSession, state: TrainState) {
  return {
    parameters: parameters.values(),
    optimizer: parameters.momenta(),
    kept: state.kept === null ? {} : kept,
    mean: mean === null ? {} : { mean },
    carried: learner.carried(),
  };
}
