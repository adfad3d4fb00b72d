import type { AskedPrecision, ChosenPrecision } from '../../run/precision.ts';
import type { Evaluated } from '../../train/evaluateRun.ts';
import { type DataDecoding, decodingEvents, type Work } from './context.ts';

export interface EvaluateArguments {
  readonly run: string;
  readonly split: 'valid' | 'test';
  readonly data?: string | undefined;
  readonly device?: string | undefined;
  readonly precision?: AskedPrecision | undefined;
}

/** The network has been loaded. */
export interface EvaluateStart extends ChosenPrecision {
  readonly type: 'evaluate:start';
  readonly run: string;
  readonly split: 'valid' | 'test';
  readonly device: string;
}

export interface EvaluateMinibatch {
  readonly type: 'evaluate:minibatch';
  /** Minibatches that are done, of so many; null where that is not known before. */
  readonly done: number;
  readonly total: number | null;
}

export interface EvaluateDone {
  readonly type: 'evaluate:done';
  readonly evaluated: Evaluated;
}

export type EvaluateEvent = EvaluateStart | EvaluateMinibatch | EvaluateDone | DataDecoding;

export const evaluateWork: Work<EvaluateArguments, EvaluateEvent, Evaluated> = async function* (
  { run, split, ...options },
  { signal, onEvent },
) {
  const { evaluateRun } = await import('../../train/evaluateRun.ts');
  const evaluated = await evaluateRun(run, {
    split,
    ...options,
    signal,
    onDataProgress: decodingEvents(onEvent),
    onModel: ({ run: path, device, precision, precisionReason }) =>
      onEvent({
        type: 'evaluate:start',
        run: path,
        split,
        device,
        precision,
        precisionReason,
      }),
    onMinibatch: (done, total) => onEvent({ type: 'evaluate:minibatch', done, total }),
  });
  yield { type: 'evaluate:done', evaluated };
  return evaluated;
};
