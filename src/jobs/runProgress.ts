import { Figures } from '../report/figures.ts';
import type { RunEvent } from '../run/events.ts';
import type { Progress } from './job.ts';
import type { DataDecoding } from './work/context.ts';

/** Where a search or a training stands, with the latest of each figure; null where there is none yet. */
export interface RunProgress {
  readonly phase: 'loading' | 'omega' | 'theta' | 'derive' | 'train' | 'done';
  /** From 1; 0 before the first. */
  readonly epoch: number;
  readonly epochs: number | null;
  /** Share of all epochs' work that is done, from 0 to 1. */
  readonly share: number;
  /** To the end of the last epoch, at the speed so far. */
  readonly secondsLeft: number | null;
  /** Training images or tokens a second. */
  readonly perSecond: number | null;
  /** Of the last training minibatch. */
  readonly loss: number | null;
  /** Of a search: those of the last θ step. */
  readonly reward: number | null;
  readonly baseline: number | null;
  readonly entropy: number | null;
  /** Image files decoded so far, where a data set is being decoded. */
  readonly decoding: { readonly done: number; readonly total: number } | null;
}

/** Keeps a {@link RunProgress} true to a run's events. */
export class RunFigures implements Progress<RunEvent | DataDecoding, RunProgress> {
  readonly #figures = new Figures();
  #decoding: RunProgress['decoding'] = null;
  #done = false;

  update(event: RunEvent | DataDecoding): void {
    if (event.type === 'data:decoding') {
      const { done, total } = event;
      this.#decoding = done < total ? { done, total } : null;
      return;
    }
    this.#figures.update(event);
    this.#done ||= event.type === 'done' || event.type === 'train:done';
  }

  get value(): RunProgress {
    const { phase, epoch, start, pace, loss, reward, baseline, entropy } = this.#figures;
    const epochs = start?.epochs ?? null;
    const before = Math.max(0, epoch - 1);
    const ending = this.#done || phase === 'derive';
    return {
      phase: this.#done ? 'done' : (phase ?? 'loading'),
      epoch,
      epochs,
      share: ending ? 1 : epochs === null ? 0 : (before + pace.epochShare) / epochs,
      secondsLeft: ending ? 0 : (pace.timeLeft?.seconds ?? null),
      perSecond: pace.perSecond,
      loss: loss ?? null,
      reward: reward ?? null,
      baseline: baseline ?? null,
      entropy: entropy ?? null,
      decoding: this.#decoding,
    };
  }
}
