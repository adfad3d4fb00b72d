import type { Decision } from '../spaces/space.ts';

/** Which LSTM step is what: one for every decision, and one for every root before its decision. */
export interface Plan {
  /** LSTM steps T. */
  readonly steps: number;
  /** The step of each decision. */
  readonly decisionSteps: readonly number[];
  /** The steps that take the start vector as input: the roots', and the first decision's. */
  readonly startSteps: readonly number[];
  /** The step whose hidden state is a node's anchor, by the node's name, in the order of steps. */
  readonly anchorSteps: ReadonlyMap<string, number>;
}

export function planOf(decisions: readonly Decision[]): Plan {
  let steps = 0;
  const decisionSteps: number[] = [];
  const startSteps: number[] = [];
  const anchorSteps = new Map<string, number>();
  for (const [i, { roots = [], anchor }] of decisions.entries()) {
    for (const root of roots) {
      startSteps.push(steps);
      anchorSteps.set(root, steps++);
    }
    if (i === 0) startSteps.push(steps);
    if (anchor !== undefined) anchorSteps.set(anchor, steps);
    decisionSteps.push(steps++);
  }
  return { steps, decisionSteps, startSteps, anchorSteps };
}
