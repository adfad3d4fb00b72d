import type { Split } from '../data/dataset.ts';
import type { Warning } from '../run/events.ts';
import * as torch from '../torch/index.ts';
import type { Clock } from './clock.ts';
import type { Dataset } from './createLearner.ts';

/** What is odd about a data set, as events of what begins. */
export function* dataWarnings(
  dataset: Dataset,
  rewardBatch: number,
  clock: Clock,
): Generator<Warning> {
  for (const [code, message] of oddities(dataset, rewardBatch)) {
    yield clock.stamp({ type: 'warning', step: 0, epoch: 0, code, message });
  }
}

function* oddities(dataset: Dataset, rewardBatch: number): Generator<readonly [string, string]> {
  const { name } = dataset;
  if ('vocabulary' in dataset) return;
  const { classes, train, valid } = dataset;
  const counts = { train: countsOf(train, classes.length), valid: countsOf(valid, classes.length) };
  if (classes.length === 1) {
    yield [
      'one-class',
      `${name}: there is one class, ${classes[0]}: every network is right about everything, ` +
        'and the controller has nothing to learn from',
    ];
  }
  for (const [split, of] of Object.entries(counts)) {
    const empty = classes.filter((_, i) => of[i] === 0);
    if (empty.length === 0) continue;
    const what = split === 'train' ? 'training' : 'validation';
    const consequence =
      split === 'train'
        ? 'no network learns to tell it'
        : 'rewards and validation accuracy say nothing of it';
    const named = empty.length > 5 ? `${empty.slice(0, 5).join(', ')}, …` : empty.join(', ');
    const classesOf = empty.length === 1 ? `class ${named} has` : `classes ${named} have`;
    yield ['empty-class', `${name}: ${classesOf} no ${what} images: ${consequence}`];
  }
  const images = valid.labels.numel();
  if (images < rewardBatch) {
    yield [
      'small-validation',
      `${name}: the validation split has ${images} images, a minibatch of search.theta.rewardBatch ` +
        `is ${rewardBatch}: every reward is of the same ${images} images`,
    ];
  }
}

/** Images of each class. */
function countsOf({ labels }: Split, classes: number): number[] {
  return torch.scope(() => torch.oneHot(labels, classes).sum(0).tolist() as number[]);
}
