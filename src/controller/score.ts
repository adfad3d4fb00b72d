import type { Choices, Decision } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import { functional as F, type Tensor } from '../torch/index.ts';
import { Categorical } from './categorical.ts';
import { type Heads, offAndOn } from './heads.ts';
import { optionsKey } from './parameters.ts';
import type { Plan } from './plan.ts';

/** What a policy is, to score architectures under it. */
export interface Policy {
  readonly decisions: readonly Decision[];
  readonly plan: Plan;
  readonly theta: ReadonlyMap<string, Tensor>;
  readonly heads: Heads;
  /** ρ, the skip rate that the KL measures from. */
  readonly skipTarget: number;
}

/** Figures of N architectures, each [N]. */
export interface Scores {
  readonly logProb: Tensor;
  readonly entropy: Tensor;
  readonly skipKl: Tensor | null;
}

/** A decision with its place, and what each of the N architectures chose there. */
interface Chosen<D extends Decision = Decision> {
  readonly decision: D;
  readonly step: number;
  readonly choices: readonly Choices[number][];
}

type Attention = Decision & { readonly kind: 'input' | 'skips' };

/**
 * The figures of given architectures under the policy. What was chosen is known, and so is what each
 * LSTM step is fed with: the steps are one recurrence, and then every decision of a kind is scored
 * together with the others of its kind.
 */
export function score(policy: Policy, architectures: readonly Choices[]): Scores {
  const hidden = hiddenStates(policy, architectures);
  const chosen = policy.decisions.map(
    (decision, i): Chosen => ({
      decision,
      step: policy.plan.decisionSteps[i]!,
      choices: architectures.map((choices) => choices[i]!),
    }),
  );
  const of = <K extends Decision['kind']>(kind: K) =>
    chosen.filter(({ decision }) => decision.kind === kind) as unknown as readonly Chosen<
      Decision & { readonly kind: K }
    >[];
  const [inputs, skips] = [of('input'), of('skips')];
  const parts = bySoftmax(of('op')).map((group) => scoreOperators(policy, hidden, group));
  if (inputs.length > 0) parts.push(scoreInputs(policy, hidden, inputs));
  const skipped = skips.length === 0 ? null : scoreSkips(policy, hidden, skips);
  if (skipped !== null) parts.push(skipped);
  const total = (terms: readonly Tensor[]) => torch.stack(terms).sum(0);
  return {
    logProb: total(parts.map(({ logProb }) => logProb)),
    entropy: total(parts.map(({ entropy }) => entropy)),
    skipKl: skipped === null ? null : skipped.skipKl,
  };
}

/** [T, N, H], each step fed with what the one before it chose. */
function hiddenStates({ decisions, plan, theta }: Policy, architectures: readonly Choices[]) {
  const n = architectures.length;
  const { steps, decisionSteps, startSteps, anchorSteps } = plan;
  const start = theta.get('start')!;
  // A row for every vector that is an input as it is: none, the start, each option's embedding.
  const table = [torch.zerosLike(start).detach(), start];
  const firstRow = new Map<string, number>();
  let rows = 2;
  for (const decision of decisions) {
    if (decision.kind !== 'op' || firstRow.has(optionsKey(decision.options))) continue;
    const key = optionsKey(decision.options);
    firstRow.set(key, rows);
    rows += decision.options.length;
    table.push(theta.get(`embedding/${key}`)!);
  }
  const row = new BigInt64Array(steps * n);
  for (const step of startSteps) row.fill(1n, step * n, (step + 1) * n);
  const feedback = new Float32Array(steps * n * steps);
  for (const [i, decision] of decisions.slice(0, -1).entries()) {
    // Roots between two decisions come first and take the start vector.
    const fed = decisionSteps[i + 1]!;
    for (const [a, choices] of architectures.entries()) {
      const choice = choices[i]!;
      const at = fed * n + a;
      if (decision.kind === 'op') {
        row[at] = BigInt(firstRow.get(optionsKey(decision.options))! + (choice as number));
        continue;
      }
      const from = (j: number) => at * steps + anchorSteps.get(decision.among[j]!)!;
      if (decision.kind === 'input') {
        feedback[from(choice as number)] = 1;
        continue;
      }
      const bits = choice as readonly number[];
      const share = 1 / (1 + bits.reduce((sum, bit) => sum + bit, 0));
      for (const [j, bit] of bits.entries()) if (bit === 1) feedback[from(j)] = share;
    }
  }
  return F.lstm(
    F.embedding(torch.cat(table), torch.fromTypedArray(row, [steps, n])),
    { weightIh: theta.get('lstm/ih')!, weightHh: theta.get('lstm/hh')! },
    torch.fromTypedArray(feedback, [steps, n, steps]),
  );
}

type Operators = readonly Chosen<Decision & { readonly kind: 'op' }>[];

/** Operator decisions by the softmax that they share. */
function bySoftmax(operators: Operators): readonly Operators[] {
  const groups = new Map<string, Operators[number][]>();
  for (const each of operators) {
    const { options, bias } = each.decision;
    const key = `${bias === undefined}/${optionsKey(options)}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

function scoreOperators({ heads }: Policy, hidden: Tensor, group: Operators) {
  const { decision } = group[0]!;
  const tempered = heads.operators(hidden.indexSelect(0, indices(stepsOf(group))), decision);
  const priors = group.map(({ decision: { options, prior } }) => [
    [...(prior ?? options.map(() => 0))],
  ]);
  const hasPrior = group.some(({ decision: { prior } }) => prior !== undefined);
  const logits = hasPrior ? tempered.add(torch.tensor(priors)) : tempered;
  return figures(new Categorical(logits), picks(group));
}

/** All pairs of a decision and a node that it may attend to: [P, N]. */
function attended({ plan, heads }: Policy, hidden: Tensor, chosen: readonly Chosen<Attention>[]) {
  const anchors = [...plan.anchorSteps.keys()];
  const projected = heads.project(hidden.indexSelect(0, indices([...plan.anchorSteps.values()])));
  const query = heads.query(hidden.indexSelect(0, indices(stepsOf(chosen))));
  const pairs = chosen.flatMap(({ decision }, d) =>
    decision.among.map((node) => [anchors.indexOf(node), d] as const),
  );
  return heads.attend(
    projected.indexSelect(0, indices(pairs.map(([anchor]) => anchor))),
    query.indexSelect(0, indices(pairs.map(([, d]) => d))),
  );
}

/** A logit of a node that is not among those of a decision: its probability is exactly 0. */
const impossible = -1e30;

function scoreInputs(
  policy: Policy,
  hidden: Tensor,
  inputs: readonly Chosen<Decision & { readonly kind: 'input' }>[],
) {
  const logits = attended(policy, hidden, inputs);
  const [pairs, n] = logits.shape as [number, number];
  const widest = Math.max(...inputs.map(({ decision }) => decision.among.length));
  // Decisions of different widths side by side: what is missing reads the row after the last pair.
  let pair = 0;
  const padded = inputs.flatMap(({ decision: { among } }) =>
    Array.from({ length: widest }, (_, j) => (j < among.length ? pair++ : pairs)),
  );
  const distribution = new Categorical(
    torch
      .cat([logits, torch.full([1, n], impossible)])
      .indexSelect(0, indices(padded))
      .reshape([inputs.length, widest, n])
      .transpose(1, 2),
  );
  return figures(distribution, picks(inputs));
}

function scoreSkips(
  policy: Policy,
  hidden: Tensor,
  skips: readonly Chosen<Decision & { readonly kind: 'skips' }>[],
) {
  const { skipTarget } = policy;
  const distribution = new Categorical(offAndOn(attended(policy, hidden, skips)));
  const bits = skips.flatMap(({ decision, choices }) =>
    decision.among.map((_, j) => choices.map((choice) => (choice as readonly number[])[j]!)),
  );
  const target = torch.tensor([1 - skipTarget, skipTarget]);
  return {
    ...figures(distribution, torch.tensor(bits, { dtype: 'int64' })),
    skipKl: distribution.klTo(target).sum(0).div(skips.length),
  };
}

/** Sums over the leading dimension of distributions [S, N]. */
function figures(distribution: Categorical, choice: Tensor) {
  return { logProb: distribution.logProb(choice).sum(0), entropy: distribution.entropy().sum(0) };
}

const stepsOf = (chosen: readonly Chosen[]) => chosen.map(({ step }) => step);

const indices = (numbers: readonly number[]) =>
  torch.fromTypedArray(BigInt64Array.from(numbers, BigInt));

/** What was chosen at each of the decisions, int64 [S, N]. */
const picks = (chosen: readonly Chosen[]) =>
  torch.tensor(
    chosen.map(({ choices }) => choices as readonly number[]),
    { dtype: 'int64' },
  );
