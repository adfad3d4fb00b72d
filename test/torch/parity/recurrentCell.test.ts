import { describe, expect, it } from 'vitest';
import { liveParameters } from '../../../src/graph/live.ts';
import { executeOverTime } from '../../../src/graph/overTime.ts';
import type { RecurrentArch } from '../../../src/spaces/recurrent/arch.ts';
import { recurrent } from '../../../src/spaces/recurrent/index.ts';
import {
  type RecurrentOptions,
  recurrentOptionsSchema,
} from '../../../src/spaces/recurrent/options.ts';
import type { TextTask } from '../../../src/spaces/space.ts';
import type { DType, Tensor } from '../../../src/torch/index.ts';
import * as torch from '../../../src/torch/index.ts';
import { functional as F } from '../../../src/torch/index.ts';
import { expectClose, largest } from './close.ts';
import { type Case, Fixture, precisions } from './fixture.ts';

interface CellCase extends Case<RecurrentOptions> {
  readonly task: Omit<TextTask, 'kind'>;
  readonly arch: RecurrentArch;
}

// The network as `scripts/fixtures/recurrent_cell.py` writes it, from the equations and not from our code.
const fixture = new Fixture<CellCase>('recurrentCell');

const noDropout = { input: 0, recurrent: 0, nodes: 0, output: 0 };

function networkOf({ options, task, arch }: CellCase) {
  const space = recurrent.create(recurrentOptionsSchema.parse({ ...options, dropout: noDropout }));
  const textTask: TextTask = { kind: 'text', ...task };
  return { graph: space.child(arch, textTask), union: space.union(textTask).parameters };
}

/** Every parameter of the space: those of the child from the fixture, the rest filled with ones. */
function dictionary(each: CellCase, dtype: DType): Map<string, Tensor> {
  const given = fixture.under(`${each.name}/param/`);
  return new Map(
    networkOf(each).union.map(({ name, shape }) => {
      const tensor = given[name]?.to({ dtype }).clone() ?? torch.ones(shape, { dtype });
      return [name, tensor.requiresGrad_()];
    }),
  );
}

describe.each(fixture.cases)('the recurrent cell: $name', (each) => {
  const names = Object.keys(fixture.under(`${each.name}/param/`));

  it('has all four functions', () => {
    expect(new Set(each.arch.nodes.map(({ op }) => op)).size).toBe(4);
  });

  it('has the parameters that the equations ask for, by name and shape', () => {
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
    it('gives PyTorch’s logits, loss, states and gradients, and touches nothing else', () => {
      torch.scope(() => {
        const { graph, union } = networkOf(each);
        const parameters = dictionary(each, dtype);
        const states = Object.fromEntries(
          Object.entries(fixture.under(`${each.name}/state/`)).map(([name, state]) => [
            name,
            state.to({ dtype }),
          ]),
        );
        const run = executeOverTime(graph, fixture.get(`${each.name}/tokens`), states, {
          lookup: (name) => parameters.get(name)!,
          training: true,
        });
        const logits = run.outputs.logits!;
        expectClose(logits, fixture.get(`${each.name}/logits${suffix}`), relative, 'logits');
        const after = fixture.under(`${each.name}/after${suffix}/`);
        expect(Object.keys(run.states)).toEqual(Object.keys(after));
        for (const [name, state] of Object.entries(run.states)) {
          expectClose(state, after[name]!, relative, name);
        }
        const targets = fixture.get(`${each.name}/targets`).flatten();
        const loss = F.crossEntropy(logits.flatten(0, 1), targets);
        expectClose(loss, fixture.get(`${each.name}/loss${suffix}`), relative, 'loss');
        loss.backward();
        const expected = fixture.under(`${each.name}/grad${suffix}/`);
        expect(names.length).toBe(Object.keys(expected).length);
        const scale = Math.max(...Object.values(expected).map(largest));
        for (const name of names) {
          const gradient = parameters.get(name)!.grad!;
          expectClose(gradient, expected[name]!, relative, `gradient of ${name}`, scale);
        }
        const untouched = union.filter(({ name }) => !names.includes(name));
        expect(untouched.length).toBeGreaterThan(0);
        for (const { name } of untouched) expect(parameters.get(name)!.grad).toBeNull();
      });
    });
  });
});
