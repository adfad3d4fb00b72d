import { Clock } from '../../../dist/learning/clock.js';
import { thetaPhase } from '../../../dist/search/thetaPhase.js';
import * as torch from '../../../dist/torch/index.js';
import { openSession } from './session.mjs';

/** Sampling architectures, and the θ phase where rewards cost nothing. */
export function start(spec, folder) {
  const { session } = openSession(spec, folder, 'fp32');
  const { controller, streams, space } = session;
  session.learner = {
    task: session.learner.task,
    rewards: (judged) => judged.map(({ index }) => (index % 10) / 10),
  };
  let draws = 0;

  const sample = (count) =>
    controller.draw(count, streams, 'benchmark', draws++).map((choices) => space.decode(choices));

  async function update() {
    session.state = { ...session.state, phase: 'theta', stepInPhase: 0 };
    for await (const event of thetaPhase(session, new Clock())) {
      if (event.type === 'controller:step') return event.entropy;
    }
  }

  return {
    first: () =>
      torch.scope(() => {
        const architectures = spec.architectures.map((arch) => space.encode(arch));
        const { logProb, entropy, skipKl } = controller.score(architectures);
        return [logProb, entropy, skipKl].flatMap((figures) => figures.tolist());
      }),
    async time(what) {
      const start = process.hrtime.bigint();
      if (typeof what === 'number') sample(what);
      else await update();
      return [Number(process.hrtime.bigint() - start) / 1e9];
    },
  };
}
