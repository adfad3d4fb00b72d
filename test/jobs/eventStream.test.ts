import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EventStream } from '../../src/jobs/eventStream.ts';

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

describe('an event stream', () => {
  it('gives every reader all events in order, and ends', async () => {
    const stream = new EventStream<number>();
    const readers = [all(stream.read()), all(stream.read())];
    for (const event of [1, 2, 3]) await stream.emit(event);
    stream.end();
    expect(await Promise.all(readers)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('gives a late reader what happens from then on, and after the end nothing', async () => {
    const stream = new EventStream<number>();
    await stream.emit(1);
    const late = all(stream.read());
    await stream.emit(2);
    stream.end();
    expect(await late).toEqual([2]);
    expect(await all(stream.read())).toEqual([]);
  });

  it('throws an error to its readers once they have read everything, and to those who come later', async () => {
    const stream = new EventStream<number>();
    const seen: number[] = [];
    const reader = (async () => {
      for await (const event of stream.read()) seen.push(event);
    })();
    await stream.emit(1);
    stream.end({ error: new Error('broken') });
    await expect(reader).rejects.toThrow('broken');
    expect(seen).toEqual([1]);
    await expect(all(stream.read())).rejects.toThrow('broken');
  });

  it('waits for a reader that is far behind, until it reads on or leaves', async () => {
    for (const leaves of [false, true]) {
      const stream = new EventStream<number>();
      const reader = stream.read();
      const first = reader.next();
      let emitted = 0;
      const writing = (async () => {
        for (; emitted < 1000; emitted++) await stream.emit(emitted);
        stream.end();
      })();
      expect((await first).value).toBe(0);
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      expect(emitted).toBeLessThan(300);
      if (leaves) await reader.return();
      else expect(await all(reader)).toEqual(Array.from({ length: 999 }, (_, i) => i + 1));
      await writing;
      expect(emitted).toBe(1000);
    }
  });
});
