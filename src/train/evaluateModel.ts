import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Batches, type ImageBatch } from '../data/batches.ts';
import type { ImageDataset } from '../data/dataset.ts';
import type { TextDataset } from '../data/text/dataset.ts';
import { AbortError } from '../errors/abortError.ts';
import { EnasTorchError } from '../errors/error.ts';
import { execute } from '../graph/execute.ts';
import { forEvaluation } from '../graph/forEvaluation.ts';
import { createLearner, type Dataset } from '../learning/createLearner.ts';
import { paced } from '../learning/paced.ts';
import { Streams } from '../random/streams.ts';
import type { Tensor } from '../torch/index.ts';
import * as torch from '../torch/index.ts';
import type { ImageModel, Model, TextModel } from './model.ts';

export type EvaluatedSplit = 'valid' | 'test';

/** How well a network did the images of one class. */
export interface ClassScore {
  readonly class: string;
  readonly images: number;
  readonly correct: number;
  /** null for a class without images. */
  readonly accuracy: number | null;
}

/** How well a trained network did a whole split. */
export type Evaluation =
  | {
      readonly accuracy: number;
      readonly images: number;
      readonly correct: number;
      readonly classes: readonly ClassScore[];
    }
  | {
      /** Exact, per token. */
      readonly perplexity: number;
      /** Of the unigram model of the training text: what a model reaches that reads no context. */
      readonly unigramPerplexity: number;
      readonly tokens: number;
    };

export interface EvaluateOptions {
  readonly split: EvaluatedSplit;
  /** Aborting it ends the evaluation with an AbortError. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of every minibatch done; of how many, where that is known before. */
  readonly onMinibatch?: ((done: number, total: number | null) => void) | undefined;
}

/**
 * Evaluates a trained network over a whole split.
 *
 * @param dataset on the model's device
 * @throws EnasTorchError ERR_DATA when the data set is not of the network's classes and image size,
 *   or not of its vocabulary
 */
export async function evaluateModel(
  model: Model,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Evaluation> {
  if (model.kind === 'text') return await evaluateText(model, textFor(model, dataset), options);
  return await evaluateImages(model, imagesFor(model, dataset), options);
}

async function evaluateImages(
  { network, config, classes, device }: ImageModel,
  dataset: ImageDataset,
  { split, signal, onMinibatch }: EvaluateOptions,
): Promise<Evaluation> {
  const pass = new Batches(dataset, new Streams(config.seed)).all(
    split,
    config.search.theta.rewardBatch,
  );
  const { graph, lookup, dispose } = forEvaluation(network, ['logits']);
  let counts = torch.zeros([2, classes.length], { dtype: 'int64', device });
  try {
    for (let i = 0; i < pass.count; i++) {
      const before = counts;
      counts = torch.scope(() => torch.noGrad(() => before.add(countsOf(pass.at(i)))));
      before.dispose();
      onMinibatch?.(i + 1, pass.count);
      await setImmediate();
      if (signal?.aborted) throw stopped();
    }
    // Read once: on a GPU every read waits for what was launched before.
    return scoreOf(classes, counts.tolist() as [number[], number[]]);
  } finally {
    counts.dispose();
    dispose();
  }

  /** int64 [2, classes]: of each class the images, and those that are classified rightly. */
  function countsOf({ images, labels }: ImageBatch): Tensor {
    const { dtype } = network;
    const { logits } = execute(graph, images, { lookup, dtype, training: false });
    const ofClass = torch.oneHot(labels, classes.length);
    const right = logits!.argmax(1).eq(labels).to({ dtype: 'int64' }).unsqueeze(1);
    return torch.stack([ofClass.sum(0), ofClass.mul(right).sum(0)]);
  }
}

function scoreOf(
  classes: readonly string[],
  [images, correct]: readonly [readonly number[], readonly number[]],
): Evaluation {
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    accuracy: sum(correct) / sum(images),
    images: sum(images),
    correct: sum(correct),
    classes: classes.map((name, c) => ({
      class: name,
      images: images[c]!,
      correct: correct[c]!,
      accuracy: images[c] === 0 ? null : correct[c]! / images[c]!,
    })),
  };
}

async function evaluateText(
  { config, device, network }: TextModel,
  dataset: TextDataset,
  { split, signal, onMinibatch }: EvaluateOptions,
): Promise<Evaluation> {
  const streams = new Streams(config.seed);
  const { graph } = network;
  const learner = createLearner(dataset, { config, purpose: 'train', streams, device, graph });
  const steps = counted(learner.evaluate(network, split), (done) => onMinibatch?.(done, null));
  const score = await paced(steps, signal);
  if (score === null) throw stopped();
  return {
    perplexity: (score as { perplexity: number }).perplexity,
    unigramPerplexity: dataset.unigramPerplexity[split],
    tokens: dataset[split].numel(),
  };
}

/** The same generator, which says how many steps it has made. */
function* counted<T>(
  steps: Generator<undefined, T>,
  onStep: (done: number) => void,
): Generator<undefined, T> {
  for (let done = 1; ; done++) {
    const next = steps.next();
    if (next.done) return next.value;
    onStep(done);
    yield;
  }
}

function stopped(): AbortError {
  return new AbortError('the evaluation was stopped');
}

/** The data set, to be standardised as the network's training images were. */
function imagesFor({ task, classes, mean, std }: ImageModel, dataset: Dataset): ImageDataset {
  if ('vocabulary' in dataset) throw mismatch('images', dataset, 'a text');
  const { channels, height, width } = dataset;
  const size = (of: { channels: number; height: number; width: number }) =>
    `${of.channels}×${of.height}×${of.width}`;
  if (size(dataset) !== size(task)) {
    throw mismatch(`images of ${size(task)}`, dataset, size({ channels, height, width }));
  }
  if (!isDeepStrictEqual([...dataset.classes], [...classes])) {
    throw mismatch(`the classes ${listed(classes)}`, dataset, listed(dataset.classes));
  }
  return { ...dataset, mean, std };
}

function textFor({ vocabulary }: TextModel, dataset: Dataset): TextDataset {
  if (!('vocabulary' in dataset)) throw mismatch('a text', dataset, 'images');
  if (!isDeepStrictEqual([...dataset.vocabulary], [...vocabulary])) {
    const types = (of: readonly string[]) => `a vocabulary of ${of.length} types`;
    throw mismatch(
      `the very ${types(vocabulary).slice(2)}`,
      dataset,
      `another, ${types(dataset.vocabulary)}`,
    );
  }
  return dataset;
}

function mismatch(expected: string, { name }: Dataset, got: string): EnasTorchError {
  return new EnasTorchError(
    'ERR_DATA',
    `${name}: expected ${expected} that the network was trained on, got ${got}; ` +
      'name the data set of the training with --data',
  );
}

function listed(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(', ')}, …` : names.join(', ');
}
