/**
 * What happens in a run, as one discriminated union. The same objects are lines of `metrics.jsonl`,
 * lines of `--json`, and what the library yields.
 *
 * Fields that depend on the clock are `time`, `elapsed`, and those ending in `PerSecond` or `Ms`;
 * every other field is a function of the configuration, so two runs of one seed differ in nothing else.
 */
interface EventBase {
  /** ω steps taken since the start of the run. */
  readonly step: number;
  /** Epoch the event belongs to, from 1; 0 before the first. */
  readonly epoch: number;
  /** Wall-clock time of the event, ISO 8601. */
  readonly time: string;
  /** Seconds since this process took up the run. */
  readonly elapsed: number;
}

export interface RunStart extends EventBase {
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

export interface EpochStart extends EventBase {
  readonly type: 'epoch:start';
  readonly lr: number;
}

/** One ω step. Loss and accuracy are of the training minibatch, under the sampled architecture. */
export interface ChildStep extends EventBase {
  readonly type: 'child:step';
  /** ω step within the epoch, from 1. */
  readonly stepInEpoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

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
  /** Accuracy on one validation minibatch under the shared parameters. */
  readonly reward: number;
}

export interface EpochEnd extends EventBase {
  readonly type: 'epoch:end';
  /** Mean training loss over the epoch's ω steps. */
  readonly loss: number;
  /** Accuracy over the whole validation split under the shared parameters. */
  readonly validAccuracy: number;
  /** Of which architecture(s) `validAccuracy` is: the controller's most likely one. */
  readonly validOver: 'greedy';
  readonly reward: number;
  readonly baseline: number;
  readonly entropy: number;
  readonly skipRate: number | null;
  readonly imagesPerSecond: number;
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

export interface Done extends EventBase {
  readonly type: 'done';
  readonly run: string;
  readonly best: {
    readonly arch: unknown;
    /** Accuracy on the derive minibatch, under the shared parameters. */
    readonly reward: number;
    /** Accuracy over the whole validation split, under the shared parameters. */
    readonly validAccuracy: number;
  };
}

export type RunEvent =
  | RunStart
  | RunResume
  | EpochStart
  | ChildStep
  | ControllerStep
  | ArchScored
  | EpochEnd
  | CheckpointWritten
  | Warning
  | Done;

/** Whether an event field depends on the clock. */
export function isClockField(name: string): boolean {
  return name === 'time' || name === 'elapsed' || name.endsWith('PerSecond') || name.endsWith('Ms');
}
