import { unexpected } from '../errors/check.ts';
import { native } from './addon.ts';
import { enter, leave } from './lifetime.ts';
import { Tensor } from './tensor.ts';

/** Tensors in a returned value: the value itself, or inside arrays, Maps and plain objects. */
function collectTensors(value: unknown, into: Tensor[]): void {
  if (value instanceof Tensor) into.push(value);
  else if (Array.isArray(value)) for (const item of value) collectTensors(item, into);
  else if (value instanceof Map) for (const item of value.values()) collectTensors(item, into);
  else if (value !== null && typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      for (const item of Object.values(value)) collectTensors(item, into);
    }
  }
}

export function checkFunction(where: string, fn: unknown): void {
  if (typeof fn !== 'function') throw unexpected(`${where}: fn`, 'a function', fn);
}

export const refusePromise = (where: string, value: unknown) => {
  if (value instanceof Promise) {
    // The caller sees our error; the promise's own outcome must not become an unhandled rejection.
    value.catch(() => {});
    throw unexpected(
      `${where}: fn`,
      'a synchronous function',
      value,
      'await outside and do the tensor work inside',
    );
  }
};

/**
 * Runs `fn` and releases every tensor made in it, save those it returns (in arrays, Maps or plain
 * objects too), which belong to the scope outside. Tensors that an autograd graph or a `grad` needs
 * stay alive in it.
 *
 * @throws EnasTorchError ERR_ARGUMENT when `fn` is asynchronous: other work would run inside the scope
 */
export function scope<T>(fn: () => T): T {
  checkFunction('scope', fn);
  const kept: Tensor[] = [];
  enter();
  try {
    const result = fn();
    refusePromise('scope', result);
    collectTensors(result, kept);
    return result;
  } finally {
    leave(kept);
  }
}

/** Runs `fn` without recording operations for `backward`. Synchronous, like {@link scope}. */
export function noGrad<T>(fn: () => T): T {
  checkFunction('noGrad', fn);
  const before = native.setGradEnabled(false);
  try {
    const result = fn();
    refusePromise('noGrad', result);
    return result;
  } finally {
    native.setGradEnabled(before);
  }
}

/**
 * Runs `fn` with at most so many threads for an operator. For many small products one thread is the
 * faster: two have to wait for each other at every one of them. Synchronous, like {@link scope}.
 */
export function withThreads<T>(threads: number, fn: () => T): T {
  checkFunction('withThreads', fn);
  const before = native.getNumThreads();
  native.setNumThreads(threads);
  try {
    const result = fn();
    refusePromise('withThreads', result);
    return result;
  } finally {
    native.setNumThreads(before);
  }
}

/** Tensors that JavaScript holds, and the bytes of memory behind them (views counted once). */
export function memory(): { tensors: number; bytes: number } {
  return native.memory();
}
