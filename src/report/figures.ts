import type { EpochEnd, RunEvent, RunStart } from '../run/events.ts';
import { count, duration, percent, rate } from './format.ts';
import { Pace } from './pace.ts';

/** The latest of everything a display shows of a run. */
export class Figures {
  readonly pace = new Pace();
  start: RunStart | undefined;
  epoch = 0;
  phase: 'omega' | 'theta' | 'derive' | undefined;
  loss: number | undefined;
  reward: number | undefined;
  baseline: number | undefined;
  entropy: number | undefined;
  skipRate: number | null = null;
  /** Architectures scored so far to derive the best one. */
  derived = 0;

  update(event: RunEvent): void {
    this.pace.update(event);
    this.epoch = event.epoch;
    switch (event.type) {
      case 'run:start':
        this.start = event;
        break;
      case 'child:step':
        this.phase = 'omega';
        this.loss = event.loss;
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
    const phase = this.phase === 'theta' ? '  θ' : this.phase === 'omega' ? '  ω' : '';
    return `epoch ${this.epoch}${this.start === undefined ? '' : `/${this.start.epochs}`}${phase}`;
  }

  /** `412 images/s`, or nothing before the first step. */
  speed(): string[] {
    const speed = this.pace.imagesPerSecond;
    return speed === null ? [] : [`${rate(speed)} images/s`];
  }

  /** `12m 30s left`, `over 5m 00s left` while a phase is still untimed, or nothing. */
  timeLeft(): string[] {
    const left = this.phase === 'derive' ? null : this.pace.timeLeft;
    return left === null ? [] : [`${left.atLeast ? 'over ' : ''}${duration(left.seconds)} left`];
  }

  /** The measured values there are so far, each with its name. */
  values(): string[] {
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
}

/** What a run is, in one line. */
export function startLine(event: RunStart): string {
  return [
    `${event.space} space`,
    event.data,
    event.device,
    `${count(event.sharedParameters)} shared parameters`,
    `${event.epochs} epochs of ${event.stepsPerEpoch} ω and ${event.thetaStepsPerEpoch} θ steps`,
    event.run,
  ].join(' · ');
}

/** What an epoch came to, in one line. */
export function epochLine(event: EpochEnd): string {
  return [
    `epoch ${event.epoch}`,
    `mean ω loss ${event.loss.toFixed(4)}`,
    `validation accuracy ${percent(event.validAccuracy)} (greedy architecture, shared ω)`,
    `mean reward ${event.reward.toFixed(4)}`,
    `baseline ${event.baseline.toFixed(4)}`,
    `entropy ${event.entropy.toFixed(2)} nats`,
    ...(event.skipRate === null ? [] : [`skip rate ${percent(event.skipRate)}`]),
    `${rate(event.imagesPerSecond)} images/s`,
    duration(event.elapsed),
  ].join('  ');
}
