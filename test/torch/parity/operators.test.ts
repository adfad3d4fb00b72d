import { describe, expect, it } from 'vitest';
import type { MemoryFormat, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { expectClose } from './close.ts';
import { type Case, Fixture, type Precision, precisions } from './fixture.ts';
import { operators } from './operators.ts';

/** Runs a case as PyTorch did, and compares results and gradients with what it got. */
function check(
  fixture: Fixture,
  { name, op, options, constant = [] }: Case,
  { dtype, suffix, relative }: Precision,
  memoryFormat: MemoryFormat = 'contiguous',
): void {
  torch.scope(() => {
    const inputs: Record<string, Tensor> = {};
    for (const [key, tensor] of Object.entries(fixture.under(`${name}/in/`))) {
      if (tensor.dtype !== 'float32') {
        inputs[key] = tensor;
        continue;
      }
      const format = tensor.ndim === 4 ? memoryFormat : 'contiguous';
      const leaf = tensor.to({ dtype }).clone().contiguous({ memoryFormat: format });
      inputs[key] = leaf.requiresGrad_(!constant.includes(key));
    }
    const results = operators[op]!(inputs, options);
    const expected = fixture.under(`${name}/out${suffix}/`);
    expect(Object.keys(results).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, tensor] of Object.entries(expected)) {
      expectClose(results[key]!, tensor, relative, `${name}: ${key}`);
    }
    const cotangents = Object.entries(fixture.under(`${name}/cotangent/`));
    if (cotangents.length === 0) return;
    const traced = cotangents.map(([key, cotangent]) => results[key]!.mul(cotangent).sum());
    traced.reduce((sum, part) => sum.add(part)).backward();
    for (const [key, gradient] of Object.entries(fixture.under(`${name}/grad${suffix}/`))) {
      expectClose(inputs[key]!.grad, gradient, relative, `${name}: gradient by ${key}`);
    }
  });
}

describe.each(['layers', 'mathematics'])('%s as in PyTorch', (file) => {
  const fixture = new Fixture(file);

  describe.each(precisions)('$dtype', (precision) => {
    it.each(fixture.cases)('$name', (each) => check(fixture, each, precision));
  });
});

describe('layers as in PyTorch, channels last', () => {
  const fixture = new Fixture('layers');
  const spatial = fixture.cases.filter(
    ({ name }) => fixture.under(`${name}/in/`).input?.ndim === 4,
  );

  it('has cases', () => expect(spatial.length).toBeGreaterThan(25));

  describe.each(precisions)('$dtype', (precision) => {
    it.each(spatial)('$name', (each) => check(fixture, each, precision, 'channelsLast'));
  });
});
