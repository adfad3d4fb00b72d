import type { Pass } from '../data/batches.ts';
import { execute } from '../graph/execute.ts';
import { liveParameters } from '../graph/live.ts';
import type { ChildStep, EpochStart } from '../run/events.ts';
import type { Choices } from '../spaces/space.ts';
import * as torch from '../torch/index.ts';
import { functional as F } from '../torch/index.ts';
import { type Clock, Rate } from './clock.ts';
import type { Session } from './session.ts';

/**
 * The ω phase of the epoch under way (Pham et al. 2018, section 2.2): one pass over the training
 * data, at every minibatch a step on (1/M) Σ ∇ω L(mᵢ; ω) for M architectures of the fixed policy
 * (equation 1). Goes on from where the session's state stands and moves it with every step.
 */
export function* omegaPhase(session: Session, clock: Clock): Generator<EpochStart | ChildStep> {
  const { omega } = session.config.search;
  const epoch = session.state.epoch;
  const lr = torch.cosineRestarts(epoch - 1, {
    max: omega.lrMax,
    min: omega.lrMin,
    period: omega.lrPeriod,
    factor: omega.lrPeriodFactor,
  });
  if (session.state.stepInPhase === 0) {
    yield clock.stamp({ type: 'epoch:start', step: session.state.step, epoch, lr });
  }
  const batches = session.batches.train(epoch, omega.batch);
  const architectures = sampleEpoch(session, batches.count * omega.archsPerStep);
  const rate = new Rate();
  while (session.state.stepInPhase < batches.count) {
    const index = session.state.stepInPhase;
    const sampled = architectures.slice(
      index * omega.archsPerStep,
      (index + 1) * omega.archsPerStep,
    );
    const { loss, accuracy } = omegaStep(session, batches, index, sampled, lr);
    const { state } = session;
    session.state = {
      ...state,
      step: state.step + 1,
      stepInPhase: index + 1,
      sums: { ...state.sums, loss: state.sums.loss + loss },
    };
    yield clock.stamp({
      type: 'child:step',
      step: session.state.step,
      epoch,
      stepInEpoch: index + 1,
      loss,
      accuracy,
      imagesPerSecond: rate.lap(omega.batch),
    });
  }
}

/** All architectures of an epoch in one pass of the controller: θ does not move during the ω phase. */
function sampleEpoch({ controller, streams, state }: Session, count: number): readonly Choices[] {
  return torch.scope(
    () =>
      torch.noGrad(() => controller.sample(count, streams, 'omega/sample', state.epoch)).choices,
  );
}

function omegaStep(
  session: Session,
  batches: Pass,
  index: number,
  architectures: readonly Choices[],
  lr: number,
) {
  const { space, task, shared, streams, state, config } = session;
  const graphs = architectures.map((choices) => space.child(space.decode(choices), task));
  const touched = [...new Set(graphs.flatMap((graph) => liveParameters(graph)))];
  return torch.scope(() => {
    const batch = batches.at(index);
    shared.zeroGrad(touched);
    let lossSum = 0;
    let accuracySum = 0;
    for (const [m, graph] of graphs.entries()) {
      torch.scope(() => {
        const { logits } = execute(graph, batch.images, {
          lookup: shared.lookup,
          training: true,
          seed: (node) => streams.key(`omega/dropout/${m}/${node}`, state.step),
        });
        const loss = F.crossEntropy(logits!, batch.labels);
        loss.div(graphs.length).backward();
        lossSum += loss.item();
        const hits = logits!.argmax(1).eq(batch.labels);
        accuracySum += hits.to({ dtype: 'float32' }).mean().item();
      });
    }
    const { momentum, weightDecay, clipNorm, denseUpdates } = config.search.omega;
    shared.step(touched, { lr, momentum, weightDecay, clipNorm, denseUpdates });
    return { loss: lossSum / graphs.length, accuracy: accuracySum / graphs.length };
  });
}
