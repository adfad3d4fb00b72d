import { expect, test } from 'vitest';
import { RunningText } from '../../src/report/runningText.ts';

test('words are a blank apart, and lines begin and end with none', () => {
  const text = new RunningText();
  const words = ['<eos>', 'the', 'cat', '<eos>', '<eos>', 'a'];
  expect(words.map((word) => text.next(word)).join('')).toBe('\nthe cat\n\na');
  expect(text.atLineStart).toBe(false);
  text.next('<eos>');
  expect(text.atLineStart).toBe(true);
});
