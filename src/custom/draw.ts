import type { Draw } from '../random/streams.ts';
import type { Choice, Choices, Decision } from '../spaces/space.ts';
import { keyOf } from './scored.ts';
import type { SpaceSession } from './session.ts';

/** Times that the policy is asked for architectures that are new, each time for twice as many. */
const attempts = 6;

/**
 * Architectures for one update, a function of the seed and of how many were scored before. Where they are
 * remembered they are drawn from the policy given that they are new. A policy that is sure of its choices
 * hardly draws any: then some of what it draws are changed, one decision at a time, until they are new.
 */
export function drawForUpdate(session: SpaceSession, count: number): Choices[] {
  const { controller, streams, state, settings } = session;
  const draw = (n: number, stream: string) => controller.draw(n, streams, stream, state.sample);
  if (!settings.remember) return draw(count, 'space/sample');
  const fresh: Choices[] = [];
  const repeated: Choices[] = [];
  const drawn = new Set<string>();
  const isNew = (choices: Choices) => !session.scored.has(choices) && !drawn.has(keyOf(choices));
  const take = (choices: Choices) => {
    drawn.add(keyOf(choices));
    fresh.push(choices);
  };
  for (let attempt = 0; attempt < attempts; attempt++) {
    const stream = attempt === 0 ? 'space/sample' : `space/sample/again${attempt}`;
    for (const choices of draw(count * 2 ** attempt, stream)) {
      if (isNew(choices)) take(choices);
      else repeated.push(choices);
      if (fresh.length === count) return fresh;
    }
  }
  const random = streams.draw('space/sample/change', state.sample);
  for (let i = 0; fresh.length < count; i++) {
    let choices = repeated[i]!;
    while (!isNew(choices)) choices = changed(choices, controller.decisions, random);
    take(choices);
  }
  return fresh;
}

/** With one decision made anew by chance. */
function changed(choices: Choices, decisions: readonly Decision[], random: Draw): Choices {
  const at = random.integer(0, decisions.length);
  return choices.map((choice, i) => (i === at ? anew(choice, decisions[i]!, random) : choice));
}

function anew(choice: Choice, decision: Decision, random: Draw): Choice {
  if (decision.kind === 'op') return random.integer(0, decision.options.length);
  const index = random.integer(0, decision.among.length);
  if (typeof choice === 'number') return index;
  return choice.map((bit, j) => (j === index ? 1 - bit : bit));
}
