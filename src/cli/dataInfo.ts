import { Command } from 'commander';
import type { ImageDataset } from '../data/dataset.ts';
import type { TextDataset } from '../data/text/dataset.ts';
import { checkOneOf } from '../errors/check.ts';
import { percent } from '../report/format.ts';
import { write } from '../report/output.ts';
import { table } from '../report/table.ts';
import type { TaskKind } from '../spaces/space.ts';
import { DecodingLine } from './decodingLine.ts';
import type { Host } from './host.ts';

interface InfoOptions {
  readonly task?: TaskKind;
  readonly json?: boolean;
}

/** `enas-torch data info`: what is in a data set. */
export function infoCommand(host: Host): Command {
  return new Command('info')
    .description("a data set's classes and sizes, or a text's tokens, types and unigram perplexity")
    .argument('<set>', 'builtin, cifar10:<folder>, images:<folder> or text:<folder>')
    .option(
      '--task <kind>',
      'which of the built-in sets: images or text (default: "images")',
      (value) => checkOneOf('--task', value, ['images', 'text']),
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ enas-torch data info builtin
  $ enas-torch data info builtin --task text
  $ enas-torch data info images:photos --json
  $ enas-torch data info text:data/ptb`,
    )
    .action(async (spec: string, { task, json = false }: InfoOptions) => {
      const { taskOfSpec } = await import('../data/spec.ts');
      const { summary, rows } =
        (task ?? taskOfSpec(spec)) === 'text'
          ? describeText(await loadText(spec))
          : describeImages(await loadImages(spec, host));
      await write(
        host.stdout,
        json ? `${JSON.stringify(summary)}\n` : `${table(rows).join('\n')}\n`,
      );
    });
}

async function loadText(spec: string): Promise<TextDataset> {
  return await (await import('../data/load.ts')).loadText(spec);
}

async function loadImages(spec: string, host: Host): Promise<ImageDataset> {
  const { loadImages } = await import('../data/load.ts');
  const line = new DecodingLine(host);
  try {
    return await loadImages(spec, { onProgress: line.onProgress });
  } finally {
    await line.end();
  }
}

/** A data set as one JSON object, and as rows of a table. */
interface Description {
  readonly summary: object;
  readonly rows: readonly (readonly string[])[];
}

function describeImages(dataset: ImageDataset): Description {
  const { name, classes, channels, height, width, mean, std, fingerprint } = dataset;
  const [train, valid, test] = (['train', 'valid', 'test'] as const).map((split) =>
    dataset[split].labels.numel(),
  );
  const images = { train, valid, test };
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(' ');
  const shown = classes.length > 20 ? [...classes.slice(0, 20), '…'] : classes;
  return {
    summary: { name, images, classes, channels, height, width, mean, std, fingerprint },
    rows: [
      ['name', name],
      ['images', `${train} train, ${valid} valid, ${test} test`],
      ['size', `${channels} channels, ${height} high, ${width} wide`],
      ['classes', `${classes.length}: ${shown.join(', ')}`],
      ['mean', numbers(mean)],
      ['std', numbers(std)],
      ['fingerprint', fingerprint],
    ],
  };
}

/** Words that are shown as the most frequent. */
const frequentWords = 10;

function describeText(dataset: TextDataset): Description {
  const { name, vocabulary, trainCounts, unigramPerplexity, fingerprint, notes } = dataset;
  const [train, valid, test] = (['train', 'valid', 'test'] as const).map((split) =>
    dataset[split].numel(),
  ) as [number, number, number];
  const mostFrequent = vocabulary
    .slice(0, frequentWords)
    .map((word, i) => ({ word, count: trainCounts[i]! }));
  const shown = mostFrequent.map(({ word, count }) => `${word} ${percent(count / train)}`);
  const perplexities = `${unigramPerplexity.valid.toFixed(1)} valid, ${unigramPerplexity.test.toFixed(1)} test`;
  return {
    summary: {
      name,
      types: vocabulary.length,
      tokens: { train, valid, test },
      unigramPerplexity,
      mostFrequent,
      fingerprint,
      notes,
    },
    rows: [
      ['name', name],
      ['types', String(vocabulary.length)],
      ['tokens', `${train} train, ${valid} valid, ${test} test`],
      ['unigram perplexity', perplexities],
      ['most frequent', shown.join(', ')],
      ['fingerprint', fingerprint],
      ...notes.map((note) => ['note', note]),
    ],
  };
}
