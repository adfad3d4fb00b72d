import { expect, test } from 'vitest';
import { readPrompt } from '../../src/use/prompt.ts';
import { vocabulary } from './models.ts';

test('words stand between white space, and a line end is <eos>', () => {
  const { words, tokens, unknown } = readPrompt(vocabulary, '  the cat\tsat\r\n a ');
  expect(words).toEqual(['the', 'cat', 'sat', '<eos>', 'a']);
  expect(tokens).toEqual([0, 2, 4, 1, 7]);
  expect(unknown).toEqual([]);
});

test('words that the vocabulary lacks are read as <unk>, and named once', () => {
  const { words, tokens, unknown } = readPrompt(vocabulary, 'The dog the dog <unk>');
  expect(words).toEqual(['The', 'dog', 'the', 'dog', '<unk>']);
  expect(tokens).toEqual([3, 3, 0, 3, 3]);
  expect(unknown).toEqual(['The', 'dog']);
});

test('an empty text has no words', () => {
  expect(readPrompt(vocabulary, ' \t ')).toEqual({ words: [], tokens: [], unknown: [] });
});

test('without <unk> only words of the vocabulary are taken', () => {
  expect(readPrompt(['a', '<eos>'], 'a\n').tokens).toEqual([0, 1]);
  expect(() => readPrompt(['a', '<eos>'], 'a b c b')).toThrow(
    "prompt: expected words of the model's vocabulary, which has no <unk>, got b, c; leave them out",
  );
});

test('words that are also names of objects are not taken for known', () => {
  expect(readPrompt(vocabulary, '__proto__ constructor').unknown).toEqual([
    '__proto__',
    'constructor',
  ]);
});
