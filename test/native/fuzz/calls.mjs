import fc from 'fast-check';
import { dispatched } from './plausible/dispatched.mjs';
import { Draw } from './plausible/draw.mjs';
import { images } from './plausible/images.mjs';
import { sequences } from './plausible/sequences.mjs';
import { training } from './plausible/training.mjs';
import { base, dtypes, exotic, junk, ofKind, shape } from './values.mjs';

/** Arguments that fit together, as far as single ones do not say what goes with what. */
const templates = { ...images, ...sequences, ...training, ...dispatched };

const after = fc.constantFrom('read', 'read', 'backward', 'dense', 'twice', 'scalar');

/**
 * Calls of one function: {args, base, after, construct}. Half of them right or nearly so, where that
 * takes a template, half with arguments chosen one by one.
 */
export function callsOf({ name, parameters }, names) {
  const each = fc.tuple(...parameters.map(({ kind }) => ofKind(kind, names)));
  const wild = fc.tuple(each, count(names)).map(([args, change]) => change(args));
  const template = templates[name];
  const args =
    template === undefined
      ? wild
      : fc.oneof(
          { arbitrary: wild, weight: 1 },
          {
            arbitrary: spoilt(
              fc.gen().map((g) => template(new Draw(g))),
              each,
              names,
            ),
            weight: 2,
          },
        );
  return fc.record({ args, base, after, construct: fc.nat(99).map((n) => n === 0) });
}

/** Now and then an argument too few or too many. */
function count(names) {
  return fc.oneof(
    { arbitrary: fc.constant((args) => args), weight: 12 },
    { arbitrary: fc.constant((args) => args.slice(0, -1)), weight: 1 },
    { arbitrary: junk(names).map((extra) => (args) => [...args, extra]), weight: 1 },
  );
}

/** What a template gives, half of it with one mistake. */
function spoilt(template, each, names) {
  const mistake = fc.record({
    kind: fc.constantFrom(
      'none',
      'none',
      'none',
      'junk',
      'other',
      'shape',
      'dtype',
      'alias',
      'exotic',
    ),
    at: fc.nat(20),
    junk: junk(names),
    shape,
    dtype: fc.constantFrom(...dtypes),
    exotic: fc.constantFrom(...exotic),
  });
  return fc.tuple(template, each, mistake).map(([args, others, { kind, at, ...made }]) => {
    if (kind === 'none' || args.length === 0) return args;
    const index = at % args.length;
    const replacement = () => {
      switch (kind) {
        case 'junk':
          return made.junk;
        case 'other':
          return others[index];
        case 'exotic':
          return inTensor(args[index], at, ({ tensor }) => ({
            exotic: made.exotic,
            shape: tensor.shape === 'base' ? undefined : tensor.shape,
          }));
        case 'alias':
          return inTensor(args[index], at, () => ({ alias: at }));
        default:
          return inTensor(args[index], at, ({ tensor }) => ({
            tensor: { ...tensor, [kind]: made[kind] },
          }));
      }
    };
    return args.with(index, replacement());
  });
}

/** A description with the tensor in it, or one of those in it, changed. */
function inTensor(description, at, change) {
  if (Array.isArray(description) && description.length > 0) {
    const index = at % description.length;
    return description.with(index, inTensor(description[index], at, change));
  }
  if (description?.boxed) return { boxed: inTensor(description.boxed, at, change) };
  return description?.tensor ? change(description) : description;
}
