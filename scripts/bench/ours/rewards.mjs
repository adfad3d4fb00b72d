import { childOf } from '../../../dist/search/session.js';
import { openSession, synchronize } from './session.mjs';

/** Rewards as the θ phase measures them: of every architecture on a minibatch of its own. */
export function start(spec, folder, precision) {
  const { session } = openSession(spec, folder, precision);

  function rewards() {
    const judged = spec.architectures.map((arch, index) => ({
      network: childOf(session, arch),
      index,
    }));
    const found = session.learner.rewards(judged);
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
