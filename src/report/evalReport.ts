import type { Evaluation } from '../train/evaluateModel.ts';
import type { Evaluated } from '../train/evaluateRun.ts';
import { costTable } from './costs.ts';
import { grouped, percent } from './format.ts';
import { perplexityText } from './measures.ts';
import { deviceText } from './precisionText.ts';
import { aligned, table } from './table.ts';

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
