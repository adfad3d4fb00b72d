import { expect, test } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { TextReader } from '../../src/use/textReader.ts';
import { collected } from '../collected.ts';
import { logitsAfter, textModel } from './models.ts';

test('token by token the logits are those of one run over the whole text', () => {
  const model = textModel();
  const tokens = [1, 0, 2, 2, 6, 3, 0, 0, 1, 7];
  const before = collected().tensors;
  const reader = new TextReader(model);
  const rows = tokens.map((token) => Array.from(reader.read(token)));
  reader.dispose();
  expect(torch.memory().tensors).toBe(before);
  expect(rows).toEqual(
    logitsAfter(model, tokens).map((row) => row.map((logit) => expect.closeTo(logit, 4))),
  );
});
