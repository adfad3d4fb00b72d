import type { SegmentCounts } from '../graph/segments/counts.ts';
import type { ChosenPrecision } from './precision.ts';

/**
 * What happens in a run, as one discriminated union. The same objects are lines of `metrics.jsonl`,
 * lines of `--json`, and what the library yields.
 *
 * Fields that depend on the clock are `time`, `elapsed`, and those ending in `PerSecond` or `Ms`;
 * every other field is a function of the configuration, so two runs of one seed differ in nothing else.
 */
interface EventBase {
  /** ω steps, or steps of the training from scratch, taken since the start of the run. */
  readonly step: number;
  /** Epoch the event belongs to, from 1; 0 before the first. */
  readonly epoch: number;
  /** Wall-clock time of the event, ISO 8601. */
  readonly time: string;
  /** Seconds since this process took up the run. */
  readonly elapsed: number;
}

export interface RunStart extends EventBase, ChosenPrecision {
  readonly type: 'run:start';
  readonly run: string;
  readonly space: string;
  readonly data: string;
  readonly device: string;
  /** Trainable numbers in the shared dictionary. */
  readonly sharedParameters: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly thetaStepsPerEpoch: number;
}

/** A checkpoint was taken up; events after it are as if the run had never stopped. */
export interface RunResume extends EventBase {
  readonly type: 'run:resume';
  readonly run: string;
  readonly checkpoint: string;
}

/**
 * A number was not finite, and the run went back to its newest checkpoint, or to its beginning, with a
 * lower learning rate; events between the two are no longer part of it.
 */
export interface Recovery extends EventBase {
  readonly type: 'recovery';
  /** What was not finite, and what it was: `NaN`, `Infinity` or `-Infinity`. */
  readonly what: string;
  readonly value: string;
  /** The step at which that was seen; `step` is the one gone back to. */
  readonly atStep: number;
  /** The sampled architectures it was computed under; none where that is not one or a few, or in a training. */
  readonly archs: readonly unknown[];
  /** Times the run has gone back, this one among them. */
  readonly recoveries: number;
  /** What the learning rate (of a search: ω's) is multiplied by from now on. */
  readonly lrScale: number;
}

export interface EpochStart extends EventBase {
  readonly type: 'epoch:start';
  readonly lr: number;
}

/** How well a minibatch was done: of images its accuracy, of text its perplexity. */
export type MinibatchScore = { readonly accuracy: number } | { readonly perplexity: number };

/** How well the whole validation split was done. */
export type ValidScore = { readonly validAccuracy: number } | { readonly validPerplexity: number };

/** How well the whole test split was done. */
export type TestScore = { readonly testAccuracy: number } | { readonly testPerplexity: number };

/** Training images, or tokens of training text, a second; validation and the θ phase are not in it. */
export type Speed = { readonly imagesPerSecond: number } | { readonly tokensPerSecond: number };

/** One ω step. Loss and score are of the training minibatch, under the sampled architecture. */
export type ChildStep = EventBase & {
  readonly type: 'child:step';
  /** ω step within the epoch, from 1. */
  readonly stepInEpoch: number;
  readonly loss: number;
} & MinibatchScore &
  Speed;

/** One θ step. */
export interface ControllerStep extends EventBase {
  readonly type: 'controller:step';
  /** θ step within the epoch, from 1. */
  readonly stepInEpoch: number;
  /** Mean reward of the update's architectures, each on one validation minibatch. */
  readonly reward: number;
  readonly baseline: number;
  /** Entropy of the policy in nats, averaged over the sampled paths. */
  readonly entropy: number;
  /** Share of possible skip connections that were on; null in a space without them. */
  readonly skipRate: number | null;
  readonly architecturesPerSecond: number;
}

/** An architecture was scored. */
export interface ArchScored extends EventBase {
  readonly type: 'arch:scored';
  readonly phase: 'theta' | 'derive';
  readonly arch: unknown;
  /** From one validation minibatch under the shared parameters: accuracy, or c/perplexity for text. */
  readonly reward: number;
}

/** Its valid score is over the whole validation split under the shared parameters. */
export type EpochEnd = EventBase & {
  readonly type: 'epoch:end';
  /** Mean training loss over the epoch's ω steps. */
  readonly loss: number;
  /** Of which architectures the valid score is: of one sampled anew for each validation minibatch. */
  readonly validOver: 'sampled';
  readonly reward: number;
  readonly baseline: number;
  readonly entropy: number;
  readonly skipRate: number | null;
} & ValidScore &
  Speed;

/**
 * How the segments of the search's networks were run since this process took up the run, where they are
 * captured as CUDA graphs. It tells of the process and is not among a run's metrics.
 */
export interface SegmentsRun extends EventBase {
  readonly type: 'segments';
  /** Of ω steps. */
  readonly training: SegmentCounts;
  /** Of rewards and validation. */
  readonly evaluation: SegmentCounts;
}

export interface CheckpointWritten extends EventBase {
  readonly type: 'checkpoint';
  readonly path: string;
}

export interface Warning extends EventBase {
  readonly type: 'warning';
  readonly code: string;
  readonly message: string;
}

/** The architecture a search derives, and what was measured of it under the shared parameters. */
export type BestArch = {
  readonly arch: unknown;
  /** From the one validation minibatch that all derived architectures were scored on. */
  readonly reward: number;
  /** Of text: what a model that reads no context has on the validation split. */
  readonly unigramValidPerplexity?: number;
} & ValidScore;

/** Deriving anew from a run's newest checkpoint begins. */
export interface DeriveStart extends EventBase, ChosenPrecision {
  readonly type: 'derive:start';
  readonly run: string;
  readonly space: string;
  readonly data: string;
  readonly device: string;
  /** Architectures that are to be scored. */
  readonly samples: number;
}

/** A search has ended. */
export interface Done extends EventBase {
  readonly type: 'done';
  readonly run: string;
  readonly best: BestArch;
}

/** A training from scratch begins. */
export interface TrainStart extends EventBase, ChosenPrecision {
  readonly type: 'train:start';
  readonly run: string;
  readonly space: string;
  readonly data: string;
  readonly device: string;
  /** Trainable numbers of the network, without its auxiliary head. */
  readonly parameters: number;
  readonly auxiliaryParameters: number;
  /** Of one forward pass of one image or token, without the auxiliary head. */
  readonly multiplyAdds: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** One training step. Loss and score are of the training minibatch. */
export type TrainStep = EventBase & {
  readonly type: 'train:step';
  /** From 1. */
  readonly stepInEpoch: number;
  readonly loss: number;
} & MinibatchScore &
  Speed;

/** The end of an epoch of training from scratch. It has no valid score where nothing is held out. */
export type TrainEpoch = EventBase & {
  readonly type: 'train:epoch';
  readonly lr: number;
  /** Mean training loss over the epoch's steps. */
  readonly loss: number;
  /** Whether these are the parameters to be kept so far. */
  readonly kept: boolean;
} & (ValidScore | { readonly heldOut: false }) &
  Speed;

/** What came of a training from scratch: of the kept parameters, on data they were not trained on. */
export type TrainResult = {
  /** Epoch whose parameters were kept. */
  readonly epoch: number;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Of text: what a model that reads no context reaches on the test split. */
  readonly unigramTestPerplexity?: number;
} & TestScore &
  (ValidScore | { readonly heldOut: false });

/** A training from scratch has ended; the test split was looked at once. */
export interface TrainDone extends EventBase {
  readonly type: 'train:done';
  readonly run: string;
  readonly result: TrainResult;
}

export type RunEvent =
  | RunStart
  | RunResume
  | Recovery
  | EpochStart
  | ChildStep
  | ControllerStep
  | ArchScored
  | EpochEnd
  | SegmentsRun
  | CheckpointWritten
  | Warning
  | DeriveStart
  | Done
  | TrainStart
  | TrainStep
  | TrainEpoch
  | TrainDone;

/** Whether an event field depends on the clock. */
export function isClockField(name: string): boolean {
  return name === 'time' || name === 'elapsed' || name.endsWith('PerSecond') || name.endsWith('Ms');
}
