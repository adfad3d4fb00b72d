import type {
  DeriveStart,
  EpochEnd,
  Recovery,
  RunEvent,
  RunStart,
  TrainEpoch,
  TrainStart,
} from '../run/events.ts';
import { count, duration, percent, rate } from './format.ts';
import { type Measure, minibatchMeasure, speedText, unitOf, validMeasure } from './measures.ts';
import { Pace } from './pace.ts';
import { deviceText } from './precisionText.ts';

/** The latest of everything a display shows of a run. */
export class Figures {
  readonly pace = new Pace();
  start: RunStart | TrainStart | undefined;
  epoch = 0;
  phase: 'omega' | 'theta' | 'derive' | 'train' | undefined;
  loss: number | undefined;
  /** Of the training minibatch, while a network trains from scratch. */
  score: Measure | undefined;
  /** The last epoch's, while a network trains from scratch. */
  valid: Measure | undefined;
  reward: number | undefined;
  baseline: number | undefined;
  entropy: number | undefined;
  skipRate: number | null = null;
  /** Architectures scored so far to derive the best one. */
  derived = 0;
  #unit: 'images' | 'tokens' = 'images';

  update(event: RunEvent): void {
    this.pace.update(event);
    this.epoch = event.epoch;
    switch (event.type) {
      case 'run:start':
        this.start = event;
        break;
      case 'train:start':
        this.start = event;
        this.phase = 'train';
        this.loss = undefined;
        break;
      case 'child:step':
        this.phase = 'omega';
        this.loss = event.loss;
        this.#unit = unitOf(event);
        break;
      case 'train:step':
        this.loss = event.loss;
        this.score = minibatchMeasure(event);
        this.#unit = unitOf(event);
        break;
      case 'train:epoch':
        if (!('heldOut' in event)) this.valid = validMeasure(event);
        break;
      case 'controller:step':
        this.phase = 'theta';
        this.reward = event.reward;
        this.baseline = event.baseline;
        this.entropy = event.entropy;
        this.skipRate = event.skipRate;
        break;
      case 'arch:scored':
        if (event.phase === 'derive') {
          this.phase = 'derive';
          this.derived++;
        }
        break;
    }
  }

  /** Where the run stands: `epoch 3/10  ω`. */
  position(): string {
    if (this.phase === 'derive') return `derive  ${this.derived} architectures scored`;
    const phase = this.phase === undefined ? '' : phaseNames[this.phase];
    return `epoch ${this.epoch}${this.start === undefined ? '' : `/${this.start.epochs}`}${phase}`;
  }

  /** `412 images/s`, or nothing before the first step. */
  speed(): string[] {
    const speed = this.pace.perSecond;
    return speed === null ? [] : [`${rate(speed)} ${this.#unit}/s`];
  }

  /** `12m 30s left`, `over 5m 00s left` while a phase is still untimed, or nothing. */
  timeLeft(): string[] {
    const left = this.phase === 'derive' ? null : this.pace.timeLeft;
    return left === null ? [] : [`${left.atLeast ? 'over ' : ''}${duration(left.seconds)} left`];
  }

  /** The measured values there are so far, each with its name. */
  values(): string[] {
    if (this.phase === 'train') return this.#trainValues();
    const named = (name: string, value: number | undefined, digits: number, unit = '') =>
      value === undefined ? [] : [`${name} ${value.toFixed(digits)}${unit}`];
    return [
      ...named('ω loss', this.loss, 4),
      ...named('reward', this.reward, 4),
      ...named('baseline', this.baseline, 4),
      ...named('entropy', this.entropy, 2, ' nats'),
      ...(this.skipRate === null ? [] : [`skip rate ${percent(this.skipRate)}`]),
    ];
  }

  #trainValues(): string[] {
    const measures = [this.score, this.valid].flatMap((measure) =>
      measure === undefined ? [] : [measure.join(' ')],
    );
    return this.loss === undefined ? measures : [`loss ${this.loss.toFixed(4)}`, ...measures];
  }
}

const phaseNames = { omega: '  ω', theta: '  θ', derive: '', train: '  training' } as const;

/** What a run is, in one line. */
export function startLine(event: RunStart): string {
  return [
    `${event.space} space`,
    event.data,
    deviceText(event),
    `${count(event.sharedParameters)} shared parameters`,
    `${event.epochs} epochs of ${event.stepsPerEpoch} ω and ${event.thetaStepsPerEpoch} θ steps`,
    event.run,
  ].join(' · ');
}

/** What a deriving is, in one line. */
export function deriveStartLine(event: DeriveStart): string {
  return [
    `deriving from ${event.run}`,
    `${event.space} space`,
    event.data,
    deviceText(event),
    `${event.samples} architectures to score`,
  ].join(' · ');
}

/** What an epoch came to, in one line. */
export function epochLine(event: EpochEnd): string {
  return [
    `epoch ${event.epoch}`,
    `mean ω loss ${event.loss.toFixed(4)}`,
    `${validMeasure(event).join(' ')} (sampled architectures, shared ω)`,
    `mean reward ${event.reward.toFixed(4)}`,
    `baseline ${event.baseline.toFixed(4)}`,
    `entropy ${event.entropy.toFixed(2)} nats`,
    ...(event.skipRate === null ? [] : [`skip rate ${percent(event.skipRate)}`]),
    speedText(event),
    duration(event.elapsed),
  ].join('  ');
}

/** What a training from scratch is, in one line. */
export function trainStartLine(event: TrainStart): string {
  const auxiliary = event.auxiliaryParameters;
  return [
    `training a ${event.space} network from scratch`,
    event.data,
    deviceText(event),
    `${count(event.parameters)} parameters${auxiliary > 0 ? ` and ${count(auxiliary)} in the auxiliary head` : ''}`,
    `${count(event.multiplyAdds)} multiply-adds`,
    `${event.epochs} epochs of ${event.stepsPerEpoch} steps`,
    event.run,
  ].join(' · ');
}

/** What an epoch of training from scratch came to, in one line. */
export function trainEpochLine(event: TrainEpoch): string {
  return [
    `epoch ${event.epoch}`,
    `mean training loss ${event.loss.toFixed(4)}`,
    ...('heldOut' in event
      ? []
      : [`${validMeasure(event).join(' ')}${event.kept ? ' (best so far)' : ''}`]),
    speedText(event),
    duration(event.elapsed),
  ].join('  ');
}

/** That a run went back, and why. */
export function recoveryLine({ what, value, atStep, archs, step, lrScale }: Recovery): string {
  const under =
    archs.length === 0 ? '' : ` under ${archs.map((a) => JSON.stringify(a)).join(', ')}`;
  return (
    `warning: the ${what} was ${value} at step ${atStep}${under}: back to step ${step}, ` +
    `learning rate times ${lrScale}`
  );
}
