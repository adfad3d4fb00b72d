import { expect, test } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { loadModel } from '../../src/train/model.ts';
import { classify } from '../../src/use/classify.ts';
import { generate } from '../../src/use/generate.ts';
import { collected } from '../collected.ts';
import { syntheticDataset } from '../search/synthetic.ts';
import { vocabulary } from './models.ts';
import { imageRun, textRun } from './runs.ts';

test('a network of the recurrent space that a run keeps generates words', async () => {
  const model = await loadModel(await textRun(), { device: 'cpu' });
  const before = collected().tensors;
  const words = [...generate(model, { prompt: 'the cat', tokens: 30, temperature: 2 })];
  expect(words).toHaveLength(30);
  expect(new Set(words).size).toBeGreaterThan(3);
  expect(vocabulary).toEqual(expect.arrayContaining(words));
  expect(torch.memory().tensors).toBe(before);
});

test('a network of the macro space that a run keeps classifies images', async () => {
  const model = await loadModel(await imageRun(), { device: 'cpu' });
  const { classes, test: split } = syntheticDataset();
  const before = collected().tensors;
  const found = classify(model, split.images);
  expect(found).toHaveLength(50);
  for (const image of found) {
    expect(image.map((one) => one.class).sort()).toEqual([...classes].sort());
  }
  expect(torch.memory().tensors).toBe(before);
});
