import { Clock } from '../../../dist/learning/clock.js';
import { spaceOf } from '../../../dist/run/config.js';
import { omegaPhase } from '../../../dist/search/omegaPhase.js';
import { controllerOf, openSession, synchronize } from './session.mjs';

/** Steps on the shared parameters by the ω phase, an architecture a step. */
export function start(spec, folder, precision) {
  const { session, config } = openSession(spec, folder, precision);
  const withDropout = spaceOf(config);
  const comparison = epoch(session, 1, spec.compared);
  let epochs = 1;

  /** The ω phase of an epoch that takes these architectures, as a function that does a step. */
  function epoch(base, number, indices) {
    const choices = indices.map((index) => base.space.encode(spec.architectures[index]));
    // Each step is read before the next one is launched: an architecture's time is its own.
    const own = { ...base, readsBehind: 0, controller: controllerOf(choices) };
    own.state = { ...base.state, epoch: number, stepInPhase: 0 };
    const events = omegaPhase(own, new Clock());
    events.next();
    return () => events.next().value.loss;
  }

  return {
    first: comparison,
    losses: () => spec.compared.slice(1).map(comparison),
    time(indices) {
      epochs += 1;
      const step = epoch({ ...session, space: withDropout }, epochs, indices);
      return indices.map((_, place) => {
        const start = process.hrtime.bigint();
        step();
        if (place === indices.length - 1) synchronize(spec.device);
        return Number(process.hrtime.bigint() - start) / 1e9;
      });
    },
  };
}
