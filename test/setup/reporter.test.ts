import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createReporter, megabytes } from '../../scripts/setup/reporter.mjs';

/** A stream that remembers what was written. */
function listen(properties: { isTTY?: boolean; columns?: number }) {
  const stream = Object.assign(new PassThrough(), properties);
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { reporter: createReporter({ stream, env: {} }), text: () => text };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('createReporter', () => {
  it('on a terminal: one line that is written over, cut to the width', () => {
    const { reporter, text } = listen({ isTTY: true, columns: 31 });
    reporter.progress('unpacking 1 of 9 MB');
    reporter.progress('unpacking 2 of 9 MB, a long way to go');
    reporter.line('unpacked');
    expect(text()).toBe(
      '\r\x1b[2Kenas-torch: unpacking 1 of 9 M' +
        '\r\x1b[2Kenas-torch: unpacking 2 of 9 M' +
        '\r\x1b[2Kenas-torch: unpacked\n',
    );
  });

  it('in a pipe: whole lines, progress at most every ten seconds', () => {
    const { reporter, text } = listen({});
    reporter.line('fetching');
    for (let second = 1; second <= 25; second++) {
      vi.advanceTimersByTime(1000);
      reporter.progress(`${second} MB`);
    }
    reporter.quote('  as pip said');
    expect(text()).toBe(
      'enas-torch: fetching\nenas-torch: 10 MB\nenas-torch: 20 MB\n  as pip said\n',
    );
  });
});

describe('megabytes', () => {
  it('rounds, and leaves out a total that is not known', () => {
    expect(megabytes(87_400_000, 191_794_682)).toBe('87 of 192 MB');
    expect(megabytes(87_400_000)).toBe('87 MB');
  });
});
