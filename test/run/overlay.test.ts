import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectWith, overlay, valueAt } from '../../src/run/overlay.ts';

test('objects are merged, arrays and values replaced, undefined leaves what is below', () => {
  const base = { a: 1, b: { c: 2, d: [1, 2, 3] }, e: { f: 1 } };
  const over = { a: undefined, b: { d: [9] }, e: null, g: { h: 1 } };
  expect(overlay(base, over)).toEqual({ a: 1, b: { c: 2, d: [9] }, e: null, g: { h: 1 } });
  expect(base).toEqual({ a: 1, b: { c: 2, d: [1, 2, 3] }, e: { f: 1 } });
});

test('a "__proto__" key of a file stays a key and changes no prototype', () => {
  const merged = overlay({}, JSON.parse('{"__proto__": {"polluted": true}}'));
  expect(Object.keys(merged)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  expect(valueAt({}, ['polluted'])).toBeUndefined();
});

test('a value put at a path is found at that path', () => {
  const key = fc.string({ minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 5 }), fc.integer(), (path, value) => {
      expect(valueAt(objectWith(path, value), path)).toBe(value);
    }),
  );
});

test('a path that ends early gives undefined, also at names every object inherits', () => {
  expect(valueAt({ a: 1 }, ['a', 'b'])).toBeUndefined();
  expect(valueAt(null, ['a'])).toBeUndefined();
  expect(valueAt({}, ['toString'])).toBeUndefined();
});
