import fc from 'fast-check';
import type { Choice, Choices, Decision, Space } from '../../src/spaces/space.ts';

/** Architectures of a space, by choices drawn one by one: any that its controller may come to. */
export const architecturesOf = <Arch>(space: Space<Arch>): fc.Arbitrary<Arch> =>
  fc.tuple(...space.decisions.map(choiceOf)).map((choices: Choices) => space.decode(choices));

const choiceOf = (decision: Decision): fc.Arbitrary<Choice> => {
  if (decision.kind === 'skips') return fc.tuple(...decision.among.map(() => fc.nat(1)));
  const { length } = decision.kind === 'op' ? decision.options : decision.among;
  return fc.nat(length - 1);
};
