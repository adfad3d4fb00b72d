import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/graph/execute.ts';
import { liveParameters } from '../../../src/graph/live.ts';
import type { MacroArch } from '../../../src/spaces/macro/arch.ts';
import { macro } from '../../../src/spaces/macro/index.ts';
import { type MacroOptions, macroOptionsSchema } from '../../../src/spaces/macro/options.ts';
import type { ImageTask } from '../../../src/spaces/space.ts';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { expectClose, largest } from './close.ts';
import { type Case, Fixture, precisions } from './fixture.ts';

interface ChildCase extends Case<Pick<MacroOptions, 'layers' | 'filters' | 'merge'>> {
  readonly task: Omit<ImageTask, 'kind'>;
  readonly arch: MacroArch;
}

// The network as `scripts/fixtures/macro_child.py` writes it, from the paper and not from our code.
const fixture = new Fixture<ChildCase>('macroChild');

function networkOf({ options, task, arch }: ChildCase) {
  const space = macro.create(macroOptionsSchema.parse({ ...options, keepProb: 1 }));
  const imageTask: ImageTask = { kind: 'images', ...task };
  return { graph: space.child(arch, imageTask), union: space.union(imageTask).parameters };
}

/** Every parameter of the space: those of the child from the fixture, the rest filled with ones. */
function dictionary(each: ChildCase, dtype: DType): Map<string, Tensor> {
  const given = fixture.under(`${each.name}/param/`);
  const { union } = networkOf(each);
  return new Map(
    union.map(({ name, shape }) => {
      const tensor = given[name]?.to({ dtype }).clone() ?? torch.ones(shape, { dtype });
      return [name, tensor.requiresGrad_()];
    }),
  );
}

describe.each(fixture.cases)('the macro child of $name', (each) => {
  const names = Object.keys(fixture.under(`${each.name}/param/`));

  it('has all six operators, and layers with and without skip connections', () => {
    expect(new Set(each.arch.layers.map(({ op }) => op)).size).toBe(6);
    const skips = each.arch.layers.map((layer) => layer.skips.length);
    expect(skips).toContain(0);
    expect(Math.max(...skips)).toBe(each.options.layers - 1);
  });

  it('has the parameters that the paper’s description asks for, by name and shape', () => {
    const { graph } = networkOf(each);
    const live = new Set(liveParameters(graph));
    const ours = graph.parameters.filter(({ name }) => live.has(name));
    expect(Object.fromEntries(ours.map(({ name, shape }) => [name, [...shape]]))).toEqual(
      Object.fromEntries(
        names.map((name) => [name, fixture.get(`${each.name}/param/${name}`).shape]),
      ),
    );
  });

  describe.each(precisions)('$dtype', ({ dtype, suffix, relative }) => {
    it('gives PyTorch’s logits, loss and gradients, and touches nothing else', () => {
      torch.scope(() => {
        const { graph } = networkOf(each);
        const parameters = dictionary(each, dtype);
        const { logits } = execute(graph, fixture.get(`${each.name}/image`).to({ dtype }), {
          lookup: (name) => parameters.get(name)!,
          training: true,
          seed: () => 0,
        });
        expectClose(logits!, fixture.get(`${each.name}/logits${suffix}`), relative, 'logits');
        const loss = F.crossEntropy(logits!, fixture.get(`${each.name}/target`));
        expectClose(loss, fixture.get(`${each.name}/loss${suffix}`), relative, 'loss');
        loss.backward();
        const expected = fixture.under(`${each.name}/grad${suffix}/`);
        // Where an average is normalised again, the gradient of its shift is zero but for rounding,
        // and the rounding is that of the gradients that cancelled.
        const scale = Math.max(...Object.values(expected).map(largest)) / 10;
        for (const [name, parameter] of parameters) {
          const gradient = expected[name];
          if (gradient === undefined) expect(parameter.grad, name).toBeNull();
          else expectClose(parameter.grad, gradient, relative, name, scale);
        }
      });
    });
  });
});
