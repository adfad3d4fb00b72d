import type { RunEvent } from '../run/events.ts';
import { speedOf } from './measures.ts';

const windowSeconds = 60;

/** Mean duration of one kind of step over the last minute of that kind of work. */
class Window {
  #samples: { steps: number; seconds: number; units: number }[] = [];
  #steps = 0;
  #seconds = 0;
  #units = 0;

  add(steps: number, seconds: number, units = 0): void {
    this.#samples.push({ steps, seconds, units });
    this.#steps += steps;
    this.#seconds += seconds;
    this.#units += units;
    while (this.#samples.length > 1 && this.#seconds - this.#samples[0]!.seconds >= windowSeconds) {
      const oldest = this.#samples.shift()!;
      this.#steps -= oldest.steps;
      this.#seconds -= oldest.seconds;
      this.#units -= oldest.units;
    }
  }

  /** Seconds a step; null before the first. */
  get secondsPerStep(): number | null {
    return this.#steps === 0 ? null : this.#seconds / this.#steps;
  }

  /** Images or tokens a second; null before the first step. */
  get perSecond(): number | null {
    return this.#seconds > 0 ? this.#units / this.#seconds : null;
  }
}

/** Time that is left of a run. */
export interface TimeLeft {
  readonly seconds: number;
  /** Whether a phase that is still to come has not been timed yet, so that it takes longer than that. */
  readonly atLeast: boolean;
}

/**
 * How fast a run goes, from the `elapsed` of its events: ω steps, θ steps and what comes between
 * epochs (validation, checkpoints) are timed apart, since an epoch has each in turn.
 */
export class Pace {
  /** Steps of the ω phase, or of a training from scratch. */
  #omega = new Window();
  #theta = new Window();
  #between = new Window();
  #plan = { epochs: 0, omegaSteps: 0, thetaSteps: 0 };
  #epoch = 0;
  #omegaDone = 0;
  #thetaDone = 0;
  #last: number | undefined;
  /** Whether the run was taken up in the midst of an epoch and no step of it has come yet. */
  #resumed = false;
  /** Seconds since the last step or epoch start, not yet counted anywhere. */
  #pending = 0;

  update(event: RunEvent): void {
    if (this.#last !== undefined) this.#pending += Math.max(0, event.elapsed - this.#last);
    this.#last = event.elapsed;
    switch (event.type) {
      case 'run:start':
        this.#plan = {
          epochs: event.epochs,
          omegaSteps: event.stepsPerEpoch,
          thetaSteps: event.thetaStepsPerEpoch,
        };
        this.#pending = 0;
        break;
      case 'train:start':
        // After a search in the same process nothing timed so far says how long this takes.
        this.#omega = new Window();
        this.#theta = new Window();
        this.#between = new Window();
        this.#plan = { epochs: event.epochs, omegaSteps: event.stepsPerEpoch, thetaSteps: 0 };
        this.#epoch = 1;
        this.#omegaDone = 0;
        this.#pending = 0;
        break;
      case 'run:resume':
        this.#epoch = event.epoch;
        this.#pending = 0;
        this.#resumed = true;
        break;
      case 'epoch:start':
        // The first one of a process has loading before it, which comes once.
        if (this.#omegaDone > 0) this.#between.add(1, this.#pending);
        this.#pending = 0;
        this.#epoch = event.epoch;
        this.#omegaDone = 0;
        this.#thetaDone = 0;
        this.#resumed = false;
        break;
      case 'child:step':
      case 'train:step': {
        if (event.epoch !== this.#epoch && event.type === 'train:step') {
          this.#omegaDone = 0;
          this.#resumed = false;
        }
        const steps = this.#stepsSince(this.#omegaDone, event.stepInEpoch);
        this.#omega.add(steps, this.#pending, speedOf(event) * this.#pending);
        this.#pending = 0;
        this.#epoch = event.epoch;
        this.#omegaDone = event.stepInEpoch;
        break;
      }
      case 'controller:step': {
        const steps = this.#stepsSince(this.#thetaDone, event.stepInEpoch);
        this.#theta.add(steps, this.#pending);
        this.#pending = 0;
        this.#epoch = event.epoch;
        this.#omegaDone = this.#plan.omegaSteps;
        this.#thetaDone = event.stepInEpoch;
        break;
      }
      case 'train:epoch':
        this.#between.add(1, this.#pending);
        this.#pending = 0;
        this.#omegaDone = this.#plan.omegaSteps;
        break;
      case 'epoch:end':
        this.#omegaDone = this.#plan.omegaSteps;
        this.#thetaDone = this.#plan.thetaSteps;
        break;
    }
  }

  /** Steps an event stands for. After a resume, those before it were another process's. */
  #stepsSince(done: number, stepInEpoch: number): number {
    const steps = this.#resumed ? 1 : Math.max(1, stepInEpoch - done);
    this.#resumed = false;
    return steps;
  }

  /** Training images or tokens a second; null before the first step. */
  get perSecond(): number | null {
    return this.#omega.perSecond;
  }

  /** Share of the epoch's steps that are done, each phase weighed by its time. */
  get epochShare(): number {
    const { omegaSteps, thetaSteps } = this.#plan;
    const omegaTime = this.#omega.secondsPerStep ?? 1;
    const thetaTime = this.#theta.secondsPerStep ?? omegaTime;
    const whole = omegaSteps * omegaTime + thetaSteps * thetaTime;
    if (whole === 0) return 0;
    return Math.min(1, (this.#omegaDone * omegaTime + this.#thetaDone * thetaTime) / whole);
  }

  /** Time to the end of the last epoch; null before the first step and where no `run:start` came. */
  get timeLeft(): TimeLeft | null {
    const omegaTime = this.#omega.secondsPerStep;
    const { epochs, omegaSteps, thetaSteps } = this.#plan;
    if (omegaTime === null || epochs === 0) return null;
    const laterEpochs = Math.max(0, epochs - this.#epoch);
    const omegaLeft = laterEpochs * omegaSteps + omegaSteps - this.#omegaDone;
    const thetaLeft = laterEpochs * thetaSteps + thetaSteps - this.#thetaDone;
    const thetaTime = this.#theta.secondsPerStep;
    const betweenTime = this.#between.secondsPerStep ?? 0;
    return {
      seconds:
        Math.max(0, omegaLeft) * omegaTime +
        Math.max(0, thetaLeft) * (thetaTime ?? 0) +
        laterEpochs * betweenTime,
      atLeast: thetaTime === null && thetaLeft > 0,
    };
  }
}
