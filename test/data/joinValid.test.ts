import { expect, test } from 'vitest';
import { joinValid } from '../../src/data/joinValid.ts';
import { syntheticDataset } from '../search/synthetic.ts';

test('the validation images follow the training images; all else stays', () => {
  const dataset = syntheticDataset();
  const { train, ...joined } = joinValid(dataset);
  const { train: own, ...rest } = dataset;
  expect(joined).toEqual(rest);
  expect(train.images.shape).toEqual([150, 3, 8, 8]);
  expect(train.labels.tolist()).toEqual([
    ...(own.labels.tolist() as number[]),
    ...(dataset.valid.labels.tolist() as number[]),
  ]);
  const bytes = train.images.toTypedArray();
  expect(bytes.slice(0, 100 * 192)).toEqual(own.images.toTypedArray());
  expect(bytes.slice(100 * 192)).toEqual(dataset.valid.images.toTypedArray());
});
