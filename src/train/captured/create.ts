import type { Recorder } from '../../torch/recorder.ts';
import type { TrainSession } from '../session.ts';
import { CapturedSteps } from './steps.ts';

/** The steps of a session as recordings, over its parameters as they are then and later. */
export function capturedSteps(
  { learner, network, parameters, touched, config }: TrainSession,
  recorder: Recorder,
): CapturedSteps {
  const { momentum, weightDecay, clipNorm } = config.train;
  const momenta = parameters.momenta();
  parameters.zeroGrad(touched);
  return new CapturedSteps({
    learner,
    network,
    parameters: touched.map((name) => parameters.lookup(name)),
    momenta: momentum > 0 ? touched.map((name) => momenta[name]!) : [],
    sgd: { momentum, weightDecay, clipNorm },
    recorder,
  });
}
