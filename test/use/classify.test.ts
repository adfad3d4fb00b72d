import { expect, test } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { classify } from '../../src/use/classify.ts';
import { collected } from '../collected.ts';
import {
  bias,
  classes,
  height,
  imageModel,
  mean,
  std,
  textModel,
  weight,
  width,
} from './models.ts';

/** uint8 [N, 3, height, width], each image of one colour. */
function plainImages(colours: readonly (readonly number[])[]): torch.Tensor {
  return torch
    .tensor(colours.map((colour) => [...colour]))
    .reshape([colours.length, 3, 1, 1])
    .mul(torch.ones([1, 1, height, width]))
    .to({ dtype: 'uint8' });
}

/** Computed by hand: softmax(W·(colour/255 − mean)/std + b), sorted. */
function expected(colour: readonly number[]) {
  const x = colour.map((value, c) => (value / 255 - mean[c]!) / std[c]!);
  const logits = weight.map((row, k) => row.reduce((sum, w, c) => sum + w * x[c]!, bias[k]!));
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits
    .map((logit, k) => ({
      class: classes[k]!,
      probability: expect.closeTo(Math.exp(logit) / total, 6),
      logit,
    }))
    .sort((a, b) => b.logit - a.logit)
    .map(({ logit: _, ...rest }) => rest);
}

const colours = [
  [255, 0, 0],
  [0, 255, 10],
  [30, 100, 250],
  [51, 102, 153],
  [0, 0, 0],
];

test('the classes of each image come sorted with the probabilities of a softmax', () => {
  const model = imageModel();
  const found = classify(model, plainImages(colours));
  expect(found).toEqual(colours.map(expected));
  expect(found[0]![0]!.class).toBe('red');
  for (const image of found) {
    expect(image.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  }
});

test('how many images are seen at a time changes nothing', () => {
  const images = plainImages(colours);
  const whole = classify(imageModel(), images);
  for (const batch of [1, 2, 5, 100]) {
    const found = classify(imageModel(), images, { batch }).flat();
    expect(found.map((one) => one.class)).toEqual(whole.flat().map((one) => one.class));
    found.forEach((one, i) => {
      expect(one.probability).toBeCloseTo(whole.flat()[i]!.probability, 6);
    });
  }
});

test('only the most probable classes are given where so many are asked for', () => {
  const images = plainImages(colours);
  const whole = classify(imageModel(), images);
  expect(classify(imageModel(), images, { top: 2 })).toEqual(whole.map((one) => one.slice(0, 2)));
  expect(classify(imageModel(), images, { top: 9 })).toEqual(whole);
});

test('equally probable classes come in the order of the classes', () => {
  const model = imageModel({ head: weight.map(() => [0, 0, 0]) });
  const [found] = classify(model, plainImages([[1, 2, 3]]));
  expect(found!.map((one) => one.class)).toEqual(['red', 'green', 'none', 'blue']);
});

test('no image at all has no prediction', () => {
  expect(classify(imageModel(), plainImages([]))).toEqual([]);
});

test('no tensor is left', () => {
  const [model, images] = [imageModel(), plainImages(colours)];
  const before = collected().tensors;
  classify(model, images, { batch: 2 });
  expect(torch.memory().tensors).toBe(before);
});

test.each([
  [
    'of another size',
    () => torch.zeros([2, 3, 5, 5], { dtype: 'uint8' }),
    'classify: images: expected a uint8 tensor [N, 3, 3, 4], got "uint8 [2, 3, 5, 5]"',
  ],
  [
    'one without a batch',
    () => torch.zeros([3, 3, 4], { dtype: 'uint8' }),
    'classify: images: expected a uint8 tensor [N, 3, 3, 4], got "uint8 [3, 3, 4]"',
  ],
  [
    'of another dtype',
    () => torch.zeros([2, 3, 3, 4]),
    'classify: images: expected a uint8 tensor [N, 3, 3, 4], got "float32 [2, 3, 3, 4]"',
  ],
  [
    'that are no tensor',
    () => ['a.png'] as never,
    'classify: images: expected a uint8 tensor [N, 3, 3, 4], got an array of 1',
  ],
])('images %s are refused', (_, images, message) => {
  expect(() => classify(imageModel(), images())).toThrow(
    expect.objectContaining({ code: 'ERR_ARGUMENT', message }),
  );
});

test('a model for text, and options out of range, are refused', () => {
  const images = plainImages(colours);
  expect(() => classify(textModel(), images)).toThrow(
    'classify: expected a model for images, got runs/a, which is one for text; use generate',
  );
  for (const top of [0, 1.5, Number.NaN, -1]) {
    expect(() => classify(imageModel(), images, { top })).toThrow(/^classify: top: expected/);
  }
  for (const batch of [0, 0.5, Number.POSITIVE_INFINITY]) {
    expect(() => classify(imageModel(), images, { batch })).toThrow(/^classify: batch: expected/);
  }
});

test('a network that diverged is said to have, and leaves no tensor', () => {
  const model = imageModel({ head: weight.map(() => [Number.NaN, 0, 0]) });
  const images = plainImages(colours);
  const before = collected().tensors;
  expect(() => classify(model, images)).toThrow(
    expect.objectContaining({
      code: 'ERR_RUN',
      message: expect.stringMatching(/^runs\/a: expected a network with finite outputs, got NaN/),
    }),
  );
  expect(torch.memory().tensors).toBe(before);
});
