import { checkString, unexpected } from '../errors/check.ts';
import { known } from '../errors/known.ts';
import type { Choices, Decision } from '../spaces/space.ts';

/**
 * What one decision chooses: one of some options; one of earlier decisions, by attention over what was
 * decided there; or any number of them.
 */
export type DecisionOf =
  | readonly (string | number | boolean)[]
  | { readonly input: readonly string[] }
  | { readonly skips: readonly string[] };

/** What was chosen, by the name of the decision. */
export type ArchOf<Decisions extends Readonly<Record<string, DecisionOf>>> = {
  readonly [Name in keyof Decisions]: Decisions[Name] extends readonly (infer Option)[]
    ? Option
    : Decisions[Name] extends { readonly input: readonly (infer Input)[] }
      ? Input
      : Decisions[Name] extends { readonly skips: readonly (infer Input)[] }
        ? readonly Input[]
        : never;
};

/** What a reward function is told besides the architecture. */
export interface RewardContext {
  /** Aborted when the search is. */
  readonly signal: AbortSignal;
  /** Number of the architecture among those sampled, from 1. */
  readonly sample: number;
}

/**
 * How good an architecture is, the more the better, on any scale: the controller learns from the order
 * alone. Asked for once of each architecture, unless the search is told not to `remember`.
 */
export type Reward<Arch> = (arch: Arch, context: RewardContext) => number | Promise<number>;

export interface SpaceSpec<Decisions extends Readonly<Record<string, DecisionOf>>> {
  readonly name: string;
  /** In the order in which they are made. */
  readonly decisions: Decisions;
  readonly reward: Reward<ArchOf<Decisions>>;
}

/** Decisions that the controller makes and a reward that it learns from: no network and no tensor. */
export interface CustomSpace<Arch> {
  readonly name: string;
  readonly decisions: readonly Decision[];
  decode(choices: Choices): Arch;
  reward(arch: Arch, context: RewardContext): number | Promise<number>;
}

const spaces = new WeakSet<object>();

/** Whether something was made by {@link defineSpace}. */
export function isCustomSpace(value: unknown): value is CustomSpace<unknown> {
  return typeof value === 'object' && value !== null && spaces.has(value);
}

/**
 * A search space of one's own, for `search`: any problem of decisions that can be told how good an
 * outcome is.
 *
 *     const space = defineSpace({
 *       name: 'kernel-sizes',
 *       decisions: { first: [3, 5, 7], second: [3, 5, 7], pool: ['average', 'maximum'] },
 *       reward: async ({ first, second, pool }) => await measure(first, second, pool),
 *     });
 *     const best = await search(space, { samples: 300 }).result();
 *
 * @throws EnasTorchError ERR_ARGUMENT naming the decision that is wrong
 */
export function defineSpace<const Decisions extends Readonly<Record<string, DecisionOf>>>(
  spec: SpaceSpec<Decisions>,
): CustomSpace<ArchOf<Decisions>> {
  const {
    name,
    decisions: given,
    reward,
  } = known('defineSpace', spec, ['name', 'decisions', 'reward']);
  checkString('defineSpace: name', name);
  if (typeof reward !== 'function') throw unexpected('defineSpace: reward', 'a function', reward);
  if (given === null || typeof given !== 'object' || Object.keys(given).length === 0) {
    throw unexpected('defineSpace: decisions', 'an object with one or more decisions', given);
  }
  const made = Object.entries(given).map(([key, of], i, all) =>
    decisionOf(key, of, new Set(all.slice(0, i).map(([earlier]) => earlier))),
  );
  const read = new Set(made.flatMap((decision) => ('among' in decision ? decision.among : [])));
  const decisions = made.map((decision) =>
    read.has(decision.name) ? { ...decision, anchor: decision.name } : decision,
  );
  const decode = (choices: Choices) =>
    Object.fromEntries(
      Object.entries(given).map(([key, of], i) => [key, chosen(of, choices[i]!)]),
    ) as ArchOf<Decisions>;
  const space = Object.freeze({ name, decisions, decode, reward });
  spaces.add(space);
  return space;
}

/** Options of different decisions are different things, though they may be called the same. */
function decisionOf(name: string, of: DecisionOf, earlier: ReadonlySet<string>): Decision {
  const where = `defineSpace: decisions: ${name}`;
  if (isOptions(of)) {
    checkList(where, of, 1, 'options');
    return {
      name,
      kind: 'op',
      options: of.map((option) => `${name}=${String(option)}`),
    };
  }
  const kind = of !== null && typeof of === 'object' && 'skips' in of ? 'skips' : 'input';
  known(where, of as { input?: unknown; skips?: unknown }, ['input', 'skips']);
  const among = (of as Record<string, readonly string[]>)[kind]!;
  checkList(where, among, 1, 'earlier decisions');
  for (const one of among) {
    if (earlier.has(one)) continue;
    throw unexpected(where, 'names of earlier decisions', one, 'a decision reads those before it');
  }
  return { name, kind, among };
}

function isOptions(of: DecisionOf): of is readonly (string | number | boolean)[] {
  return Array.isArray(of);
}

function checkList(where: string, list: unknown, least: number, what: string): void {
  if (!Array.isArray(list) || list.length < least) {
    throw unexpected(where, `a list of ${what}`, list);
  }
  const twice = list.find((one, i) => list.map(String).indexOf(String(one)) !== i);
  if (twice !== undefined) throw unexpected(where, `${what} that all differ`, twice);
}

function chosen(of: DecisionOf, choice: Choices[number]): unknown {
  if (isOptions(of)) return of[choice as number];
  if ('input' in of) return of.input[choice as number];
  return of.skips.filter((_, i) => (choice as readonly number[])[i] === 1);
}
