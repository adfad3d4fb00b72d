import { EnasTorchError } from '../errors/error.ts';
import { figureOf, testScore, validScore } from '../learning/measures.ts';
import { copyInto } from '../learning/parameters.ts';
import type { TrainResult } from '../run/events.ts';
import { readResult, writeResult } from '../run/trainingFiles.ts';
import { networkCounts } from './networkCounts.ts';
import { judged, type TrainSession } from './session.ts';

/**
 * Tests the kept parameters and writes `result.json`; where that lies there already, reads it: the
 * test split is looked at once. Yields while it tests.
 *
 * @throws EnasTorchError ERR_RUN when the score is not finite
 */
export function* resultOf(session: TrainSession, run: string): Generator<undefined, TrainResult> {
  const { learner, network, parameters, kept, state } = session;
  const earlier = readResult(run);
  if (earlier !== null) return earlier;
  copyInto('parameters', parameters.values(), kept);
  const { epoch, score } = state.kept!;
  const unigram = learner.unigramPerplexity;
  const tested = yield* learner.evaluate(judged(session), 'test');
  const { name, value } = figureOf(tested);
  if (!Number.isFinite(value)) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${run}: the test ${name} of the parameters of epoch ${epoch} is ${value}, though that of the ` +
        'validation split was finite; train anew with a lower learning rate (train.lr)',
    );
  }
  const result: TrainResult = {
    epoch,
    parameters: networkCounts(network.graph).parameters,
    multiplyAdds: networkCounts(network.graph).multiplyAdds,
    ...(unigram && { unigramTestPerplexity: unigram.test }),
    ...testScore(tested),
    ...(score === null ? { heldOut: false as const } : validScore(score)),
  };
  writeResult(run, result);
  return result;
}
