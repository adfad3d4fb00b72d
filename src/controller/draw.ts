import type { Choice, Choices, Decision } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import { functional as F, type Tensor } from '../torch/index.ts';
import { type Heads, offAndOn } from './heads.ts';
import { optionsKey } from './parameters.ts';

/** How indices are picked at a decision, from logits [..., K]: int64 of their shape without K. */
export type Pick = (decision: Decision, logits: Tensor) => Tensor;

interface Anchor {
  readonly hidden: Tensor;
  readonly projected: Tensor;
}

/**
 * Goes through a space's decisions with N architectures side by side: one LSTM step a decision, each
 * fed with what the last one chose (Pham et al. 2018, sections 2.1 and 2.3). Called without gradient:
 * nothing of it is kept but the choices, which are read when all are made.
 */
export function draw(
  n: number,
  decisions: readonly Decision[],
  theta: ReadonlyMap<string, Tensor>,
  heads: Heads,
  pick: Pick,
): Choices[] {
  const weights = { weightIh: theta.get('lstm/ih')!, weightHh: theta.get('lstm/hh')! };
  const units = weights.weightHh.shape[1]!;
  const start = theta.get('start')!.expand([n, units]);
  const zeros = torch.zeros([n, units]);
  const anchors = new Map<string, Anchor>();
  const addAnchor = (node: string, hidden: Tensor) =>
    anchors.set(node, { hidden, projected: heads.project(hidden) });
  /** [J, N, H] */
  const stacked = (among: readonly string[], part: keyof Anchor) =>
    torch.stack(among.map((node) => anchors.get(node)![part]));

  const logitsAt = (decision: Decision, h: Tensor): Tensor => {
    if (decision.kind === 'op') {
      const logits = heads.operators(h, decision);
      return decision.prior === undefined ? logits : logits.add(torch.tensor([...decision.prior]));
    }
    const q = heads.attend(stacked(decision.among, 'projected'), heads.query(h)).transpose(0, 1);
    return decision.kind === 'skips' ? offAndOn(q) : q;
  };
  /** The next LSTM input: what was chosen, as a vector. */
  const feed = (decision: Decision, choice: Tensor): Tensor => {
    if (decision.kind === 'op') {
      return F.embedding(theta.get(`embedding/${optionsKey(decision.options)}`)!, choice);
    }
    const hidden = stacked(decision.among, 'hidden');
    if (decision.kind === 'input') {
      const index = choice.reshape([1, n, 1]).expand([1, n, units]);
      return hidden.gather(0, index).squeeze(0);
    }
    const on = choice.to({ dtype: hidden.dtype }).transpose(0, 1).unsqueeze(2);
    return hidden.mul(on).sum(0).div(on.sum(0).add(1));
  };

  let state: [Tensor, Tensor] = [zeros, zeros];
  let input: Tensor = start;
  const picked = decisions.map((decision) => {
    for (const root of decision.roots ?? []) {
      state = F.lstmCell(start, state, weights);
      addAnchor(root, state[0]);
    }
    state = F.lstmCell(input, state, weights);
    const [h] = state;
    const choice = pick(decision, logitsAt(decision, h));
    if (decision.anchor !== undefined) addAnchor(decision.anchor, h);
    input = feed(decision, choice);
    return choice;
  });
  return choicesOf(n, decisions, picked);
}

/** The picked indices, read at once, as one list of choices for each architecture. */
function choicesOf(
  n: number,
  decisions: readonly Decision[],
  picked: readonly Tensor[],
): Choices[] {
  const columns = picked.map((choice) => (choice.ndim === 1 ? choice.unsqueeze(1) : choice));
  const numbers = Array.from(torch.cat(columns, 1).toTypedArray(), Number);
  let next = 0;
  return Array.from({ length: n }, () =>
    decisions.map((decision): Choice => {
      if (decision.kind !== 'skips') return numbers[next++]!;
      const bits = numbers.slice(next, next + decision.among.length);
      next += bits.length;
      return bits;
    }),
  );
}
