import { expect, test } from 'vitest';
import { count, duration, percent, rate } from '../../src/report/format.ts';
import { table } from '../../src/report/table.ts';

test.each([
  [0, '0s'],
  [59.4, '59s'],
  [59.6, '1m 00s'],
  [3599, '59m 59s'],
  [3600, '1h 00m'],
  [172_800, '2d 00h'],
  [-3, '0s'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test.each([
  [950, '950'],
  [12_345, '12.3 k'],
  [1_250_000, '1.25 M'],
  [2.5e9, '2.50 G'],
])('%d is %s', (n, text) => {
  expect(count(n)).toBe(text);
});

test('shares and rates', () => {
  expect(percent(0.4126)).toBe('41.3 %');
  expect(rate(411.6)).toBe('412');
  expect(rate(8.26)).toBe('8.3');
});

test('columns of a table are as wide as their widest cell, and lines end where text does', () => {
  expect(
    table(
      [
        ['a', 'ω', 'x'],
        ['long', '22', ''],
      ],
      '  ',
    ),
  ).toEqual(['  a     ω   x', '  long  22']);
});
