import { Controller, type ControllerOptions } from '../../src/controller/controller.ts';
import { Streams } from '../../src/random/streams.ts';
import { decisions as macroDecisions } from '../../src/spaces/macro/decisions.ts';
import type { Choice, Choices, Decision } from '../../src/spaces/space.ts';
import * as torch from '../../src/torch/index.ts';

export const options: ControllerOptions = {
  units: 5,
  tanhConstant: 2.5,
  opTanhReduce: 1,
  temperature: 5,
  skipTarget: 0.4,
};

/** Every kind of decision, two sets of options, roots in two places. */
const mixed: readonly Decision[] = [
  { kind: 'op', name: 'a/op', options: ['x', 'y', 'z'], roots: ['r0', 'r1'], anchor: 'a' },
  { kind: 'input', name: 'b/input', among: ['r0', 'r1', 'a'] },
  { kind: 'op', name: 'b/op', options: ['x', 'y', 'z'] },
  { kind: 'op', name: 'b/size', options: ['large', 'small'], anchor: 'b' },
  { kind: 'skips', name: 'c/skips', among: ['r0', 'a', 'b'], roots: ['r2'], anchor: 'c' },
  { kind: 'input', name: 'd/input', among: ['r2', 'c'] },
];

const withoutSkips: readonly Decision[] = mixed.filter(({ kind }) => kind !== 'skips').slice(0, 4);

/** As the authors pin the operators of their micro space, at a size that can be enumerated. */
const pinned: readonly Decision[] = [
  {
    kind: 'op',
    name: 'a/op',
    options: ['sep', 'pool', 'identity'],
    bias: [1, 0, -1],
    prior: [0.25, -0.25, -0.25],
    roots: ['r0', 'r1'],
    anchor: 'a',
  },
  { kind: 'input', name: 'b/input', among: ['r0', 'r1', 'a'] },
];

export const spaces: Readonly<Record<string, readonly Decision[]>> = {
  'macro, 3 layers': macroDecisions(3),
  mixed,
  'without skips': withoutSkips,
  'operators with bias and prior': pinned,
};

/** A controller with θ this many times as large as at the start, so that the policy is not uniform. */
export function controllerOf(
  decisions: readonly Decision[],
  {
    scale = 1,
    seed = 1,
    ...changes
  }: Partial<ControllerOptions> & { scale?: number; seed?: number } = {},
): Controller {
  const controller = new Controller(decisions, { ...options, ...changes }, new Streams(seed));
  torch.noGrad(() => {
    for (const parameter of controller.theta.values()) parameter.mul_(scale);
  });
  return controller;
}

/** All that a controller can choose. */
export function everyChoice(decisions: readonly Decision[]): Choices[] {
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const possible = (decision: Decision): Choice[] => {
    if (decision.kind === 'op') return range(decision.options.length);
    const n = decision.among.length;
    if (decision.kind === 'input') return range(n);
    return range(2 ** n).map((bits) => range(n).map((j) => (bits >> j) & 1));
  };
  return decisions.reduce<Choices[]>(
    (all, decision) => all.flatMap((chosen) => possible(decision).map((c) => [...chosen, c])),
    [[]],
  );
}
