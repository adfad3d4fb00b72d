import { unexpected } from '../errors/check.ts';
import type { Choices, Decision } from '../spaces/space.ts';

/** @throws EnasTorchError ERR_ARGUMENT when these are not one choice for each of the decisions */
export function checkChoices(decisions: readonly Decision[], choices: Choices): void {
  if (!Array.isArray(choices) || choices.length !== decisions.length) {
    throw unexpected('choices', `${decisions.length}, one for each decision`, choices);
  }
  for (const [i, decision] of decisions.entries()) {
    const { name, kind } = decision;
    const among = kind === 'op' ? decision.options : decision.among;
    const isIndex = (choice: unknown, below: number) =>
      Number.isInteger(choice) && (choice as number) >= 0 && (choice as number) < below;
    const choice = choices[i] as unknown;
    if (kind !== 'skips') {
      if (!isIndex(choice, among.length)) {
        throw unexpected(`choices: ${name}`, `an index below ${among.length}`, choice);
      }
    } else if (
      !Array.isArray(choice) ||
      choice.length !== among.length ||
      !choice.every((bit) => isIndex(bit, 2))
    ) {
      throw unexpected(`choices: ${name}`, `${among.length} times 0 or 1`, choice);
    }
  }
}
