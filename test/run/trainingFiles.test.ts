import { expect, test } from 'vitest';
import type { TrainResult } from '../../src/run/events.ts';
import { readResult, writeResult } from '../../src/run/trainingFiles.ts';
import { temporaryFolder } from './temporary.ts';

const counts = { epoch: 3, parameters: 40, multiplyAdds: 800 };

// As `train/result.ts` puts them together.
test.each<TrainResult>([
  { ...counts, testAccuracy: 0.5, validAccuracy: 0.25 },
  { ...counts, testAccuracy: 0.5, heldOut: false },
  { ...counts, unigramTestPerplexity: 120, testPerplexity: 60, validPerplexity: 70 },
  { ...counts, unigramTestPerplexity: 120, testPerplexity: 60, heldOut: false },
])('a result is read to the letter as it was written: %j', (result) => {
  const run = temporaryFolder();
  writeResult(run, result);
  expect(JSON.stringify(readResult(run))).toBe(JSON.stringify(result));
});
