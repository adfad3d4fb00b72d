import { checkOneOf, checkString } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import type { AskedPrecision } from '../run/precision.ts';
import type { Evaluated } from '../train/evaluateRun.ts';
import { Counted, type CountProgress } from './countProgress.ts';
import { inProcess } from './inProcess.ts';
import { checkJobOptions, Job, type JobOptions, jobKeys } from './job.ts';
import { inThread } from './thread/inThread.ts';
import type { EvaluateEvent } from './work/evaluate.ts';

export interface EvaluateOptions extends JobOptions {
  /** Default `test`. */
  readonly split?: 'valid' | 'test';
  /** Another data set of the same kind, as a configuration names it; by default the run's. */
  readonly data?: string;
  /** `auto` (the default), `cpu`, `cuda` or `cuda:<index>`. */
  readonly device?: string;
  /** `fp32` (the default), `bf16` or `auto`. */
  readonly precision?: AskedPrecision;
}

/**
 * Evaluates the network that a run has trained over a whole split: begun at once, in a thread of its
 * own. Progress is in minibatches.
 *
 * @param run folder of a training, or of a search with one in `train/`
 * @throws EnasTorchError ERR_ARGUMENT for a wrong option, at once
 */
export function evaluate(
  run: string,
  options: EvaluateOptions = {},
): Job<EvaluateEvent, Evaluated, CountProgress> {
  known('evaluate', options, ['split', 'data', 'device', 'precision', ...jobKeys]);
  checkJobOptions('evaluate', options);
  const { split = 'test', signal, inProcess: here, heapMb, ...rest } = options;
  checkString('evaluate: run', run);
  checkOneOf('evaluate: split', split, ['valid', 'test']);
  const args = { run, split, ...rest };
  const work = here
    ? inProcess(async () => (await import('./work/evaluate.ts')).evaluateWork, args)
    : inThread<EvaluateEvent, Evaluated>({ work: 'evaluate', args }, { heapMb });
  const counts = (event: EvaluateEvent) =>
    event.type === 'evaluate:minibatch' ? event : undefined;
  return new Job(work, new Counted(counts), signal);
}
