import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { execute } from '../../src/graph/execute.ts';
import type { Tensor } from '../../src/torch/index.ts';
import * as torch from '../../src/torch/index.ts';
import { collected } from '../collected.ts';
import { batch, build, dictionary, inputOf, optionsFor } from './running.ts';

describe('a run', () => {
  const chain = build([2, 4, 4], (g, x) => {
    const a = g.relu(g.conv2d(x, { name: 'a', out: 2, kernel: 3 }));
    const b = g.relu(g.conv2d(a, { name: 'b', out: 2, kernel: 3 }));
    return g.add([a, b, g.avgPool(b, { kernel: 3 })]);
  });

  it('releases every intermediate and keeps the outputs', () => {
    torch.scope(() => {
      const [parameters, x] = [dictionary(chain), inputOf(chain)];
      const before = collected().tensors;
      const { y } = torch.noGrad(() => execute(chain, x, optionsFor(parameters)));
      expect(torch.memory().tensors).toBe(before + 1);
      expect(y!.numel()).toBe(batch * 32);
      expect(x.numel()).toBe(batch * 32);
    });
  });

  it('never holds more of them than are still to be read', () => {
    const long = build([1, 64, 64], (g, x) => {
      let y = x;
      for (let i = 0; i < 12; i++) y = g.concatConv([y], { name: `y${i}`, out: 1 });
      return y;
    });
    torch.scope(() => {
      const x = inputOf(long);
      const before = collected().bytes;
      let most = 0;
      const one = torch.ones([1, 1, 1, 1], { dtype: 'float64' });
      const lookup = () => {
        most = Math.max(most, torch.memory().bytes - before);
        return one;
      };
      torch.noGrad(() => execute(long, x, { lookup, training: false }));
      expect(most).toBeLessThanOrEqual(2 * batch * 64 * 64 * 8 + 64);
    });
  });

  it('does not run what no output depends on', () => {
    const g = new GraphBuilder();
    const x = g.input([2, 2, 2], { name: 'x' });
    g.conv2d(x, { name: 'dead', out: 2, kernel: 1 });
    const graph = g.build({ y: g.relu(x) });
    const lookup = (name: string): Tensor => {
      throw new Error(`looked up ${name}`);
    };
    const { y } = execute(graph, torch.ones([1, 2, 2, 2]), { lookup, training: true });
    expect(y!.numel()).toBe(8);
  });

  it('gives every output, also one that is the input or is read further', () => {
    const g = new GraphBuilder();
    const x = g.input([2], { name: 'x' });
    const middle = g.relu(x);
    const graph = g.build({ x, middle, y: g.add([middle, x]), again: middle });
    const input = torch.tensor([[-1, 2]]);
    const outputs = execute(graph, input, { lookup: () => input, training: true });
    expect(outputs.x).toBe(input);
    expect(outputs.again).toBe(outputs.middle);
    expect(outputs.middle!.tolist()).toEqual([[0, 2]]);
    expect(outputs.y!.tolist()).toEqual([[-1, 4]]);
  });

  it('passes a node by that hands on its input, without releasing it too early', () => {
    const graph = build([3], (g, x) => {
      const a = g.relu(x);
      const dropped = g.dropout(g.dropout(a, { p: 0.5 }), { p: 0.5 });
      return g.add([dropped, a]);
    });
    torch.scope(() => {
      const x = torch.tensor([[1, 2, 3]]);
      const { tensors } = collected();
      const { y } = execute(graph, x, { lookup: () => x, training: false });
      expect(y!.tolist()).toEqual([[2, 4, 6]]);
      expect(torch.memory().tensors).toBe(tensors + 1);
    });
  });

  it.each([
    [torch.ones([3, 2, 4, 5]), /execute: input: expected \[N, 2, 4, 4\], got "\[3, 2, 4, 5\]"/],
    [torch.ones([2, 4, 4]), /execute: input: expected \[N, 2, 4, 4\]/],
    [torch.ones([3, 2, 4, 4], { dtype: 'int64' }), /conv2d: /],
  ])('refuses an input of another shape or kind: %s', (input, message) => {
    const parameters = dictionary(chain);
    expect(() => execute(chain, input, optionsFor(parameters))).toThrow(message);
  });

  it('needs a seed where a node draws in training', () => {
    const graph = build([2], (g, x) => g.dropout(x, { name: 'drop', p: 0.5 }));
    const x = torch.ones([1, 2]);
    expect(() => execute(graph, x, { lookup: () => x, training: true })).toThrow(
      /execute: seed: expected a function, got undefined; drop draws at random/,
    );
  });

  it('leaves nothing behind when a node fails', () => {
    torch.scope(() => {
      const x = inputOf(chain);
      const wrong = torch.ones([5, 5, 3, 3], { dtype: 'float64' });
      const before = collected().tensors;
      expect(() =>
        torch.scope(() => execute(chain, x, { lookup: () => wrong, training: true })),
      ).toThrow(/conv2d/);
      expect(torch.memory().tensors).toBe(before);
    });
  });

  it('runs only what the outputs asked for need', () => {
    const g = new GraphBuilder();
    const x = g.input([2], { name: 'x' });
    const graph = g.build({
      logits: g.relu(x),
      auxiliary: g.linear(x, { name: 'auxiliary', out: 2 }),
    });
    const lookup = (name: string): Tensor => {
      throw new Error(`looked up ${name}`);
    };
    const input = torch.ones([1, 2]);
    const outputs = execute(graph, input, { lookup, training: true, outputs: ['logits'] });
    expect(Object.keys(outputs)).toEqual(['logits']);
    expect(() => execute(graph, input, { lookup, training: true, outputs: ['logit'] })).toThrow(
      'graph output: expected one of logits, auxiliary, got "logit"; did you mean logits?',
    );
  });

  it('refuses a recurrent graph', () => {
    const g = new GraphBuilder();
    const x = g.input([2], { name: 'x' });
    const y = g.add([x, g.state([2], { name: 'h' })]);
    const graph = g.build({ y }, { states: { h: y } });
    const input = torch.ones([1, 2]);
    expect(() => execute(graph, input, { lookup: () => input, training: true })).toThrow(
      'execute: graph: expected a graph without states, got "state h"; run a recurrent graph with executeOverTime',
    );
  });
});
