/** Fields of every event. */
interface EventBase {
  /** Architectures scored so far. */
  readonly sample: number;
  /** Wall-clock time of the event, ISO 8601. */
  readonly time: string;
  /** Seconds since this process took up the search. */
  readonly elapsed: number;
}

export interface SpaceStart extends EventBase {
  readonly type: 'space:start';
  readonly space: string;
  /** Architectures that are to be scored: all that there are, where these are fewer than was asked. */
  readonly samples: number;
  /** Folder of the search, if it is kept. */
  readonly run: string | null;
}

/** A search was taken up where it was left; events after it are as if it had never stopped. */
export interface SpaceResume extends EventBase {
  readonly type: 'space:resume';
  readonly checkpoint: string;
}

export interface SpaceScored<Arch> extends EventBase {
  readonly type: 'space:scored';
  readonly arch: Arch;
  readonly reward: number;
  /** Whether no architecture before had as good a reward. */
  readonly best: boolean;
}

/** An update of the controller. */
export interface SpaceStep extends EventBase {
  readonly type: 'space:step';
  /** Mean over the update's architectures. */
  readonly reward: number;
  /** Moving average of the share of the rewards before and with it that each reward is better than. */
  readonly baseline: number;
  /** Entropy of the policy in nats, averaged over them. */
  readonly entropy: number;
}

export interface SpaceWarning extends EventBase {
  readonly type: 'warning';
  readonly code: 'constant-reward' | 'checkpoint-damaged';
  readonly message: string;
}

export interface SpaceDone<Arch> extends EventBase {
  readonly type: 'space:done';
  readonly best: BestOf<Arch>;
}

/** The architecture with the best reward, the first of several. */
export interface BestOf<Arch> {
  readonly arch: Arch;
  readonly reward: number;
}

/** What happens in the search of a custom space. */
export type SpaceEvent<Arch> =
  | SpaceStart
  | SpaceResume
  | SpaceScored<Arch>
  | SpaceStep
  | SpaceWarning
  | SpaceDone<Arch>;
