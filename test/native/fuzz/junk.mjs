/** Values that no parameter expects, by name; each is made anew, so that none is spoilt by an earlier call. */
export function junkMakers(native) {
  const fail = () => {
    throw new Thrown();
  };
  /** An array whose element runs something while the addon is reading it. */
  const trap = (length, act) => {
    const array = Array.from({ length }, () => 1);
    Object.defineProperty(array, length - 1, { get: act, configurable: true });
    return array;
  };
  const detached = (made) => {
    structuredClone(made.buffer, { transfer: [made.buffer] });
    return made;
  };
  return {
    undefined: () => undefined,
    null: () => null,
    true: () => true,
    nan: () => Number.NaN,
    infinity: () => Number.POSITIVE_INFINITY,
    minusInfinity: () => Number.NEGATIVE_INFINITY,
    minusZero: () => -0,
    fraction: () => 0.5,
    largest: () => Number.MAX_VALUE,
    smallest: () => Number.MIN_VALUE,
    handleLike: () => 2 ** 52 + 5,
    lastHandle: () => 2 ** 53 - 1,
    emptyString: () => '',
    word: () => 'cpu',
    halfPair: () => '\ud800\u0000x',
    longString: () => 'x'.repeat(10_000),
    symbol: () => Symbol('s'),
    bigint: () => 2n ** 70n,
    function: () => () => 1,
    throwingFunction: () => fail,
    class: () => class {},
    object: () => ({}),
    bare: () => Object.create(null),
    boxed: () => new Number(7),
    date: () => new Date(0),
    map: () => new Map(),
    promise: () => Promise.resolve(),
    external: () => native.environment(),
    frozen: () => Object.freeze({}),
    throwingGetter: () => ({
      get handle() {
        return fail();
      },
    }),
    throwingPrimitive: () => ({ [Symbol.toPrimitive]: fail, toString: fail, valueOf: fail }),
    proxy: () => new Proxy([1], { get: fail, has: fail, getPrototypeOf: fail }),
    revoked: () => {
      const { proxy, revoke } = Proxy.revocable([], {});
      revoke();
      return proxy;
    },
    emptyArray: () => [],
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is wrong with it
    holes: () => [1, , 3],
    nested: () => [[1], [[2]], []],
    // The longest array there is: what is reserved for it must not be the machine's end.
    longest: () => new Array(2 ** 32 - 1),
    throwingElement: () => trap(3, fail),
    shrinking: () => {
      const array = trap(4, () => 1);
      Object.defineProperty(array, 0, {
        get() {
          array.length = 1;
          return 1;
        },
      });
      return array;
    },
    floats: () => new Float32Array([1, 2, 3, 4, 5, 6]),
    bytes: () => new Uint8Array(24),
    emptyTyped: () => new BigInt64Array(0),
    middle: () => new Uint8Array(new ArrayBuffer(40), 3, 24),
    shared: () => new Uint8Array(new SharedArrayBuffer(24)),
    detached: () => detached(new Float32Array(6)),
    shrunk: () => {
      const buffer = new ArrayBuffer(24, { maxByteLength: 48 });
      const whole = new Uint8Array(buffer, 8, 16);
      buffer.resize(4);
      return whole;
    },
    tracking: () => new Uint8Array(new ArrayBuffer(24, { maxByteLength: 48 })),
    dataView: () => new DataView(new ArrayBuffer(8)),
    arrayBuffer: () => new ArrayBuffer(8),
  };
}

/** Arrays that change what the addon was given before them, while it reads them. */
export function spoilers(native, values, act) {
  const array = [1, 2, 3];
  Object.defineProperty(array, 1, {
    get() {
      if (act === 'release') for (const handle of handlesIn(values)) native.release(handle);
      if (act === 'detach') for (const value of values) detach(value);
      // Enough for the table of handles to move.
      if (act === 'make') for (let i = 0; i < 300; i++) native.ones([1], 'float32', 'cpu');
      return 2;
    },
  });
  return array;
}

function* handlesIn(values) {
  for (const value of values) {
    if (typeof value === 'number') yield value;
    else if (Array.isArray(value)) yield* value.filter((item) => typeof item === 'number');
  }
}

function detach(value) {
  if (!ArrayBuffer.isView(value) || !(value.buffer instanceof ArrayBuffer)) return;
  structuredClone(value.buffer, { transfer: [value.buffer] });
}

/** What the fuzz itself throws out of getters. */
export class Thrown extends Error {}
