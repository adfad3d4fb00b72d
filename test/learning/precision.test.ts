import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { liveParameters } from '../../src/graph/live.ts';
import { ImageLearner } from '../../src/learning/images.ts';
import { ParameterDictionary } from '../../src/learning/parameters.ts';
import type { ActivationDType } from '../../src/learning/precision.ts';
import { emulationWarning, keptPrecision, resolvePrecision } from '../../src/learning/precision.ts';
import { Streams } from '../../src/random/streams.ts';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import {
  metricsOf,
  runSearch,
  syntheticDataset,
  temporaryRun,
  tinyConfig,
} from '../search/synthetic.ts';

/** Whether the device claims instructions for bf16; undefined: as it is. */
const native: { current: boolean | undefined } = vi.hoisted(() => ({ current: undefined }));
vi.mock(import('../../src/torch/index.ts'), async (importOriginal) => {
  const torch = await importOriginal();
  return { ...torch, bf16IsNative: (device) => native.current ?? torch.bf16IsNative(device) };
});
afterEach(() => {
  native.current = undefined;
});

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

const native16 = { precision: 'bf16', precisionReason: 'native' } as const;
const without = { precision: 'fp32', precisionReason: 'not-native' } as const;

describe('auto', () => {
  it('is bf16 where the device has instructions for it, fp32 elsewhere, and says which', () => {
    native.current = true;
    expect(resolvePrecision('auto', 'cpu')).toEqual(native16);
    native.current = false;
    expect(resolvePrecision('auto', 'cpu')).toEqual(without);
  });

  it('is bf16 on this processor if and only if the kernel names its flag', () => {
    native.current = undefined;
    const flag = /\bavx512_bf16\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
    expect(resolvePrecision('auto', 'cpu').precision).toBe(flag ? 'bf16' : 'fp32');
  });

  it('is not looked at where a precision is named', () => {
    native.current = false;
    const asked = { precisionReason: 'asked' };
    expect(resolvePrecision('bf16', 'cpu')).toEqual({ precision: 'bf16', ...asked });
    expect(resolvePrecision('fp32', 'cuda')).toEqual({ precision: 'fp32', ...asked });
  });
});

describe('a run that goes on', () => {
  it('keeps its precision, and says so where auto would take another here', () => {
    native.current = false;
    expect(keptPrecision('bf16', 'auto', 'cpu')).toEqual({
      precision: 'bf16',
      precisionReason: 'run',
    });
    expect(keptPrecision('fp32', 'auto', 'cpu')).toEqual(without);
    expect(keptPrecision('bf16', 'bf16', 'cpu').precisionReason).toBe('asked');
  });
});

describe('the warning of emulation', () => {
  it('is there for bf16 on a device without instructions for it, and for nothing else', () => {
    native.current = false;
    expect(emulationWarning('fp32', 'cpu')).toBeUndefined();
    expect(emulationWarning('bf16', 'cpu')).toMatch(/^precision bf16: cpu has no .* fp32$/);
    native.current = true;
    expect(emulationWarning('bf16', 'cpu')).toBeUndefined();
  });

  it('is an event after the start of a search, which its metrics do not keep', async () => {
    native.current = false;
    const path = temporaryRun();
    const events = await runSearch(path, { config: tinyConfig({ precision: 'bf16' }) });
    expect(events[0]).toMatchObject({ precision: 'bf16', precisionReason: 'asked' });
    expect(events[1]).toMatchObject({ type: 'warning', code: 'precision-emulated' });
    const recorded = metricsOf(path).map((event) => (event as { type: string }).type);
    expect(recorded).toContain('run:start');
    expect(recorded).not.toContain('warning');
    const plain = await runSearch(temporaryRun());
    expect(plain.map(({ type }) => type)).not.toContain('warning');
  });
});
