import { Clock } from '../../../dist/learning/clock.js';
import { derive } from '../../../dist/search/derive.js';
import { controllerOf, openSession, synchronize } from './session.mjs';

/** Rewards as deriving measures them: of every architecture on one minibatch, the same for all. */
export function start(spec, folder, precision) {
  const { session } = openSession(spec, folder, precision);
  const choices = spec.architectures.map((arch) => session.space.encode(arch));

  /** What comes after the last reward, the best one's score over the whole split, is left out. */
  function rewards() {
    const own = { ...session, controller: controllerOf(choices) };
    const scored = derive(own, new Clock(), choices.length, session.streams);
    const found = choices.map(() => scored.next().value.reward);
    synchronize(spec.device);
    return found;
  }

  return {
    first: () => rewards()[0],
    rewards,
    time() {
      const start = process.hrtime.bigint();
      rewards();
      return [Number(process.hrtime.bigint() - start) / 1e9];
    },
  };
}
