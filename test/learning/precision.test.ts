import { describe, expect, it } from 'vitest';
import { liveParameters } from '../../src/graph/live.ts';
import { ImageLearner } from '../../src/learning/images.ts';
import { ParameterDictionary } from '../../src/learning/parameters.ts';
import type { ActivationDType } from '../../src/learning/precision.ts';
import { resolvePrecision } from '../../src/learning/precision.ts';
import { Streams } from '../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import * as torch from '../../src/torch/index.ts';
import { syntheticDataset } from '../search/synthetic.ts';

const data = syntheticDataset({ trainImages: 640 });
const options = {
  ...{ batch: 64, rewardBatch: 16, rewardScale: 1, cutout: 0, auxiliaryWeight: 0 },
  stream: 'omega',
} as const;

/** Losses of ten ω steps of one child, and its first gradients. */
function tenSteps(spaceName: string, dtype: ActivationDType) {
  const streams = new Streams(5);
  const space = spaceOf(
    resolveConfig({ space: spaceName, config: { space: { options: { filters: 8 } } } }),
  );
  const learner = new ImageLearner(data, { ...options, streams });
  const arch = space.decode(space.decisions.map((decision) => firstChoice(decision)));
  const graph = space.child(arch, learner.task);
  const shared = new ParameterDictionary(graph, {
    ...{ device: 'cpu', streams, stream: 'omega/init', momentum: true },
  } as const);
  const touched = liveParameters(graph);
  const losses = Array.from({ length: 10 }, (_, step) => {
    shared.zeroGrad(touched);
    const position = { epoch: 1, index: step, step, progress: 0 };
    const { loss } = learner.learn([{ graph, lookup: shared.lookup, dtype }], position);
    const sgd = { lr: 0.005, momentum: 0.9, weightDecay: 1e-4, clipNorm: 0 };
    shared.step(touched, sgd);
    return loss;
  });
  const dtypes = new Set(touched.map((name) => shared.lookup(name).grad?.dtype));
  return { losses, dtypes };
}

function firstChoice(decision: ReturnType<typeof spaceOf>['decisions'][number]) {
  return decision.kind === 'skips' ? decision.among.map(() => 1) : 0;
}

describe('activations in bf16', () => {
  it.each(['macro', 'micro'])(
    'learn as in fp32, within a hundredth of the loss: ten steps of %s',
    (space) => {
      const fp32 = tenSteps(space, 'float32');
      const bf16 = tenSteps(space, 'bfloat16');
      expect(bf16.losses).not.toEqual(fp32.losses);
      const apart = bf16.losses.map((loss, i) => Math.abs(loss / fp32.losses[i]! - 1));
      // Batch statistics of 64 images of 2×2 pixels make more of a rounding than those of a real batch.
      expect(Math.max(...apart)).toBeLessThan(2e-2);
      expect(apart.reduce((a, b) => a + b) / apart.length).toBeLessThan(1e-2);
      expect(bf16.dtypes).toEqual(new Set(['float32']));
    },
  );
});

describe('auto', () => {
  it('is bf16 where the processor has instructions for it, and fp32 elsewhere', () => {
    expect(resolvePrecision('auto', 'cpu')).toBe(torch.bf16IsNative('cpu') ? 'bf16' : 'fp32');
  });

  it('is not asked where a precision is named', () => {
    expect(resolvePrecision('bf16', 'cpu')).toBe('bf16');
    expect(resolvePrecision('fp32', 'cuda')).toBe('fp32');
  });
});
