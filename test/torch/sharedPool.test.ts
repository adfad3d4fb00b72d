import { expect, test } from 'vitest';
import { SharedPool } from '../../src/torch/sharedPool.ts';

test('graphs share a pool for as long as one of them is there; after that there is a new one', () => {
  let made = 0;
  const pool = new SharedPool(() => [0, ++made]);
  expect(made).toBe(0);
  const first = pool.take();
  expect(pool.take()).toBe(first);
  pool.release();
  expect(pool.take()).toBe(first);
  pool.release();
  pool.release();
  expect(pool.take()).toEqual([0, 2]);
});
