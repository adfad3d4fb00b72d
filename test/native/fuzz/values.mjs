import fc from 'fast-check';

/**
 * Arguments as descriptions: plain data that `materialise.mjs` makes values of, so that a call can be
 * printed and made again. {tensor}, {exotic}, {alias}, {disposed}, {foreign}, {junk}, {spoiler}, {bytes}; all else
 * stands for itself.
 */

export const dtypes = ['float32', 'float64', 'bfloat16', 'int64', 'uint8', 'bool'];
/** Of dtypes and layouts that only `call` can make. */
export const exotic = ['complex64', 'conjugate', 'negative', 'int32', 'float16'];
export const forms = ['dense', 'transposed', 'strided', 'offset', 'expanded', 'channelsLast'];

const small = fc.constantFrom(0, 1, 1, 2, 2, 3, 4, 5, 7, 8, 16, 17, 33);
export const shape = fc.oneof(
  { arbitrary: fc.array(small, { maxLength: 4 }), weight: 6 },
  { arbitrary: fc.array(fc.constantFrom(0, 1, 2), { maxLength: 7 }), weight: 1 },
);

const dtype = fc.oneof(
  { arbitrary: fc.constant('float32'), weight: 4 },
  { arbitrary: fc.constantFrom(...dtypes), weight: 3 },
);
const form = fc.oneof(
  { arbitrary: fc.constant('dense'), weight: 3 },
  { arbitrary: fc.constantFrom(...forms), weight: 3 },
);
const grad = fc.constantFrom('none', 'none', 'leaf', 'computed', 'finished');

export const tensor = fc.record({
  tensor: fc.record({
    // 'base' is the shape that tensors of one call have in common, 'ones' a shape that broadcasts to it.
    shape: fc.oneof(
      { arbitrary: fc.constantFrom('base', 'base', 'base', 'ones', 'tail'), weight: 3 },
      { arbitrary: shape, weight: 1 },
    ),
    dtype: fc.oneof({ arbitrary: fc.constant('base'), weight: 3 }, { arbitrary: dtype, weight: 1 }),
    form,
    grad,
    below: fc.constantFrom(2, 3, 300),
  }),
});

export const base = fc.record({ shape, dtype });

const huge = fc.constantFrom(
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 53,
  -(2 ** 31) - 1,
  -(2 ** 53),
  2 ** 53 - 1,
);
const integer = fc.oneof(
  { arbitrary: fc.integer({ min: -3, max: 6 }), weight: 8 },
  { arbitrary: huge, weight: 2 },
);
const number = fc.oneof(
  { arbitrary: fc.double(), weight: 2 },
  { arbitrary: fc.constantFrom(0, 1, -1, 0.5, 0.9, 1e-5, 2), weight: 4 },
  { arbitrary: huge, weight: 1 },
);

export const junk = (names) => fc.constantFrom(...names).map((name) => ({ junk: name }));

/** Of a kind as `signatures` calls it, right or nearly so. */
export function ofKind(kind, names) {
  const wrong = junk(names);
  const optional = kind.endsWith('?');
  const bare = optional ? kind.slice(0, -1) : kind;
  const right = bare.endsWith('[]') ? listOf(bare.slice(0, -2), names) : single(bare, wrong);
  return fc.oneof(
    { arbitrary: right, weight: 14 },
    { arbitrary: wrong, weight: 2 },
    ...(optional ? [{ arbitrary: fc.constant(undefined), weight: 6 }] : []),
  );
}

function listOf(kind, names) {
  const element = kind === 'any' ? junk(names) : single(kind, junk(names));
  return fc.oneof(
    { arbitrary: fc.array(element, { maxLength: 4 }), weight: 12 },
    {
      arbitrary: fc.constantFrom('release', 'detach', 'make').map((act) => ({ spoiler: act })),
      weight: 1,
    },
  );
}

function single(kind, wrong) {
  switch (kind) {
    case 'Tensor':
      return fc.oneof(
        { arbitrary: tensor, weight: 16 },
        { arbitrary: fc.nat(5).map((index) => ({ alias: index })), weight: 3 },
        { arbitrary: fc.constantFrom(...exotic).map((name) => ({ exotic: name })), weight: 1 },
        { arbitrary: fc.constant({ disposed: true }), weight: 1 },
        { arbitrary: fc.nat(30).map((index) => ({ foreign: index })), weight: 1 },
      );
    case 'integer':
    case 'resource':
      return integer;
    case 'number':
      return number;
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.constantFrom('constant', 'reflect', 'replicate', 'circular', 'zeros');
    case 'dtype':
      return dtype;
    case 'device':
      return fc.constantFrom('cpu', 'cpu', 'cpu', 'cpu', 'cuda:7', 'meta', 'cuda:99999999999');
    case 'memoryFormat':
      return fc.constantFrom('contiguous', 'channelsLast', 'preserve');
    case 'typedArray':
      return fc.nat(64).map((length) => ({ bytes: length }));
    case 'any':
      return fc.oneof(wrong, tensor);
    default:
      throw new Error(`${kind}: expected a kind that values.mjs knows`);
  }
}
