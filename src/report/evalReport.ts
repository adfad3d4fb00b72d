import type { Counts } from '../graph/counts.ts';
import type { ChosenPrecision } from '../run/precision.ts';
import type { Evaluation } from '../train/evaluate.ts';
import { costTable } from './costs.ts';
import { grouped, percent } from './format.ts';
import { perplexityText } from './measures.ts';
import { deviceText } from './precisionText.ts';
import { aligned, table } from './table.ts';

export interface Evaluated extends ChosenPrecision {
  /** Folder of the run that trained the network. */
  readonly run: string;
  /** Name of the data set. */
  readonly data: string;
  readonly split: 'valid' | 'test';
  readonly device: string;
  /** Whether the network was trained on this split. */
  readonly trainedOn: boolean;
  readonly evaluation: Evaluation;
  readonly counts: Counts;
}

/** How a trained network did, and what it costs by part. */
export function evalReport(evaluated: Evaluated): string {
  const { run, data, split, trainedOn, evaluation, counts } = evaluated;
  const where = split === 'test' ? 'the test split' : 'the validation split';
  return [
    `${run} on ${where} of ${data} · ${deviceText(evaluated)}`,
    ...(trainedOn
      ? ['The network was trained on this split: its figures are no measure of it.']
      : []),
    '',
    ...scores(evaluation, split === 'test' ? 'test' : 'validation'),
    '',
    ...costTable(counts, 'perplexity' in evaluation ? 'token' : 'image'),
    '',
  ].join('\n');
}

function scores(evaluation: Evaluation, split: 'test' | 'validation'): string[] {
  if ('perplexity' in evaluation) {
    const { perplexity, unigramPerplexity, tokens } = evaluation;
    return table([
      [
        `${split} perplexity`,
        perplexityText(perplexity),
        `a token, over ${grouped(tokens)} tokens`,
      ],
      ['unigram perplexity', perplexityText(unigramPerplexity), 'of a model without context'],
    ]);
  }
  const { accuracy, correct, images, classes } = evaluation;
  const share = (value: number | null) => (value === null ? '' : percent(value));
  return aligned([
    [`${split} accuracy`, percent(accuracy), `${grouped(correct)} of ${grouped(images)} images`],
    ...classes.map((one) => [
      `  ${one.class}`,
      share(one.accuracy),
      `${grouped(one.correct)} of ${grouped(one.images)}`,
    ]),
  ]);
}
