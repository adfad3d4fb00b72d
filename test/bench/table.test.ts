import { expect, test } from 'vitest';
import { shown, table } from '../../scripts/bench/table.mjs';

test('names stand to the left, figures to the right, each as wide as its widest', () => {
  expect(
    table([
      ['', 'ms'],
      ['PyTorch', '1234'],
      ['us', '5'],
    ]),
  ).toBe(['           ms', 'PyTorch  1234', 'us          5'].join('\n'));
});

test('figures are shown to three digits, and to all before the point', () => {
  expect([0.01234, 1.234, 12.34, 123.4, 12345.6].map(shown)).toEqual([
    '0.0123',
    '1.23',
    '12.3',
    '123',
    '12346',
  ]);
  expect(shown(Number.NaN)).toBe('–');
});
