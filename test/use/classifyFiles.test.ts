import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { imageFolders } from '../../src/data/images.ts';
import * as torch from '../../src/torch/index.ts';
import { classify } from '../../src/use/classify.ts';
import { classifyFiles, type FilePrediction } from '../../src/use/classifyFiles.ts';
import { collected } from '../collected.ts';
import { plain, put, smallFolder } from '../data/imageFixtures.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { height, imageModel, textModel, width } from './models.ts';

async function all(predictions: AsyncIterable<FilePrediction>): Promise<FilePrediction[]> {
  const found: FilePrediction[] = [];
  for await (const one of predictions) found.push(one);
  return found;
}

const broken = ({ file, ...rest }: FilePrediction) => ('error' in rest ? [file] : []);

/** Three pictures of other sizes and kinds than the network's, and a text that claims to be one. */
async function photos(): Promise<string> {
  const folder = temporaryFolder();
  await put(folder, 'a.png', plain([250, 10, 10], 9, 9));
  await put(folder, 'b.jpg', plain([10, 250, 10], width, height));
  writeFileSync(join(folder, 'c.png'), 'no image');
  await put(folder, 'd/e.webp', plain([10, 10, 250], 100, 50));
  return folder;
}

test('files are read as the images of a data set are', async () => {
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = await smallFolder();
  // Of two colours, so that stretching is seen.
  const odd = plain([250, 0, 0], 20, 4).extend({ bottom: 9, background: { r: 0, g: 90, b: 200 } });
  await put(folder, 'test/dog/2.png', odd);
  const dataset = await imageFolders(folder);
  const { mean, std, classes } = dataset;
  const small = imageModel();
  const task = { ...small.task, height: dataset.height, width: dataset.width };
  // The mean over all pixels is of any size, so only the input's shape is another.
  const nodes = small.network.graph.nodes.map((node) =>
    node.op === 'input' ? { ...node, shape: [3, task.height, task.width] } : node,
  );
  const network = { ...small.network, graph: { ...small.network.graph, nodes } };
  const model = { ...small, mean, std, task, network };
  const whole = classify(model, dataset.test.images);
  const found = await all(classifyFiles(model, [join(folder, 'test')], { batch: 2 }));
  expect(classes).toEqual(['cat', 'dog']);
  expect(found.map(({ file }) => file.slice(folder.length + 1))).toEqual([
    'test/cat/0.png',
    'test/cat/1.png',
    'test/dog/0.png',
    'test/dog/1.png',
    'test/dog/2.png',
  ]);
  found.forEach((one, i) => {
    expect('classes' in one && one.classes).toEqual(
      whole[i]!.map(({ class: name, probability }) => ({
        class: name,
        probability: expect.closeTo(probability, 6),
      })),
    );
  });
});

test.each([1, 2, 64])('a broken file leaves the others predicted, %i at a time', async (batch) => {
  const folder = await photos();
  const found = await all(classifyFiles(imageModel(), [folder], { top: 1, batch }));
  expect(found.map(({ file }) => file)).toEqual(
    ['a.png', 'b.jpg', 'c.png', 'd/e.webp'].map((name) => join(folder, name)),
  );
  expect(found.flatMap((one) => ('classes' in one ? one.classes.map((c) => c.class) : []))).toEqual(
    ['red', 'green', 'blue'],
  );
  expect(found.flatMap(broken)).toEqual([join(folder, 'c.png')]);
  expect(found[2]).toMatchObject({
    error: {
      code: 'ERR_DATA',
      message: expect.stringContaining(`${join(folder, 'c.png')}: expected an image`),
    },
  });
});

test('files that are not there are broken ones', async () => {
  const folder = await photos();
  const paths = ['none.png', 'a.png', 'none'].map((name) => join(folder, name));
  const found = await all(classifyFiles(imageModel(), paths));
  expect(found.flatMap(broken)).toEqual([paths[0], paths[2]]);
  expect(found[0]).toMatchObject({
    error: { message: `${paths[0]}: expected an image file; there is no such file` },
  });
});

test('no tensor is left, also where it is left early', async () => {
  const [model, folder] = [imageModel(), await photos()];
  const before = collected().tensors;
  await all(classifyFiles(model, [folder], { batch: 1 }));
  expect(torch.memory().tensors).toBe(before);
  for await (const _ of classifyFiles(model, [folder], { batch: 1 })) break;
  expect(torch.memory().tensors).toBe(before);
});

test('a model for text or for grey images, and a folder without images, are refused', async () => {
  const empty = temporaryFolder();
  await expect(all(classifyFiles(textModel(), [empty]))).rejects.toThrow(
    'classify: expected a model for images, got runs/a, which is one for text; use generate',
  );
  await expect(all(classifyFiles(imageModel({ channels: 1 }), [empty]))).rejects.toThrow(
    /^classify: model: expected one for images of 3 channels.*, got 1; decode/,
  );
  await expect(all(classifyFiles(imageModel(), [empty]))).rejects.toMatchObject({
    code: 'ERR_DATA',
    message: expect.stringMatching(/expected a folder with images, got none in it or below; /),
  });
});
