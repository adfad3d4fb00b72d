import { describe, expect, it } from 'vitest';
import { EnasTorchError } from '../../src/errors/error.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { uniform } from '../../src/graph/init.ts';

function thrown(make: () => unknown): EnasTorchError {
  try {
    make();
  } catch (error) {
    if (error instanceof EnasTorchError) return error;
    throw error;
  }
  throw new Error('expected an EnasTorchError, got none');
}

describe('GraphBuilder shapes', () => {
  const cases: [string, (g: GraphBuilder, x: number) => number, number[]][] = [
    [
      'conv2d keeps height and width',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 5 }),
      [8, 9, 12],
    ],
    [
      'conv2d with stride 2 and padding 1',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 3, stride: 2 }),
      [8, 5, 6],
    ],
    [
      'conv2d without padding',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 4, padding: 0 }),
      [8, 6, 9],
    ],
    ['batchNorm', (g, x) => g.batchNorm(x, { name: 'b' }), [6, 9, 12]],
    ['relu', (g, x) => g.relu(x), [6, 9, 12]],
    ['zeros', (g, x) => g.zeros(x), [6, 9, 12]],
    ['add', (g, x) => g.add([x, x, x]), [6, 9, 12]],
    ['concat', (g, x) => g.concat([x, x, x]), [18, 9, 12]],
    ['concatConv', (g, x) => g.concatConv([x, x], { name: 'm', out: 5 }), [5, 9, 12]],
    ['avgPool', (g, x) => g.avgPool(x, { kernel: 3 }), [6, 9, 12]],
    [
      'maxPool with stride 2',
      (g, x) => g.maxPool(x, { kernel: 2, stride: 2, padding: 0 }),
      [6, 4, 6],
    ],
    ['subsample from 0', (g, x) => g.subsample(x, { offset: 0 }), [6, 5, 6]],
    ['subsample from 1 has the same size', (g, x) => g.subsample(x, { offset: 1 }), [6, 5, 6]],
    ['globalAvgPool', (g, x) => g.globalAvgPool(x), [6]],
    ['dropout', (g, x) => g.dropout(x, { p: 0.5 }), [6, 9, 12]],
    ['dropPath', (g, x) => g.dropPath(x, { p: 0.5 }), [6, 9, 12]],
    ['mean', (g, x) => g.mean([x, x, x]), [6, 9, 12]],
    ['linear', (g, x) => g.linear(g.globalAvgPool(x), { name: 'l', out: 10 }), [10]],
    ['state', (g) => g.state([7], { name: 'h' }), [7]],
    [
      'embedding',
      (g) => g.embedding(g.input([], { name: 't' }), { name: 'e', vocabulary: 9, size: 4 }),
      [4],
    ],
    ['gates', (g, x) => g.gates(g.globalAvgPool(x), { name: 'z', out: 5 }), [10]],
    [
      'highway',
      (g, x) =>
        g.highway(g.gates(g.globalAvgPool(x), { name: 'z', out: 5 }), { activation: 'tanh' }),
      [5],
    ],
  ];
  it.each(cases)('%s', (_, make, shape) => {
    const g = new GraphBuilder();
    const y = make(g, g.input([6, 9, 12]));
    expect(g.shape(y)).toEqual(shape);
    expect(g.channels(y)).toBe(shape[0]);
  });
});

describe('GraphBuilder parameters', () => {
  it('gives a convolution [out, C/groups, k, k] with He deviation over what one output reads', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    const y = g.conv2d(x, { name: 'c', out: 12, kernel: 3, groups: 3 });
    expect(g.build({ y }).parameters).toEqual([
      { name: 'c/weight', shape: [12, 2, 3, 3], init: { kind: 'he', fanIn: 18 } },
    ]);
  });

  it('gives a concatConv one block for each input, by default initialised as one weight', () => {
    const g = new GraphBuilder();
    const a = g.input([6, 8, 8], { name: 'a' });
    const b = g.input([4, 8, 8], { name: 'b' });
    const y = g.concatConv([a, b], { name: 'm', out: 5 });
    const init = { kind: 'he', fanIn: 10 };
    expect(g.build({ y }).parameters).toEqual([
      { name: 'm/weight0', shape: [5, 6, 1, 1], init },
      { name: 'm/weight1', shape: [5, 4, 1, 1], init },
    ]);
  });

  it('gives batch norm gamma 1 and beta 0, and running statistics only when asked', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    const batch = g.batchNorm(x, { name: 'a' });
    const running = g.batchNorm(batch, { name: 'b', statistics: 'running' });
    const graph = g.build({ running });
    expect(graph.parameters.slice(0, 2)).toEqual([
      { name: 'a/gamma', shape: [6], init: { kind: 'constant', value: 1 } },
      { name: 'a/beta', shape: [6], init: { kind: 'constant', value: 0 } },
    ]);
    expect(graph.nodes[batch]!.buffers).toEqual([]);
    expect(graph.nodes[batch]!.attrs).toEqual({ statistics: 'batch', eps: 1e-5, momentum: 0.1 });
    expect(graph.nodes[running]!.buffers).toEqual(['b/runningMean', 'b/runningVar']);
    expect(graph.buffers).toEqual([
      { name: 'b/runningMean', shape: [6], value: 0 },
      { name: 'b/runningVar', shape: [6], value: 1 },
    ]);
  });

  it('gives linear a bias unless told not to', () => {
    const g = new GraphBuilder();
    const x = g.input([6]);
    g.linear(x, { name: 'with', out: 3, bias: true });
    g.linear(x, {
      name: 'without',
      out: 3,
      bias: false,
      init: { kind: 'uniform', low: 0, high: 1 },
    });
    expect(g.build({}).parameters).toEqual([
      { name: 'with/weight', shape: [3, 6], init: { kind: 'he', fanIn: 6 } },
      { name: 'with/bias', shape: [3], init: { kind: 'constant', value: 0 } },
      { name: 'without/weight', shape: [3, 6], init: { kind: 'uniform', low: 0, high: 1 } },
    ]);
  });

  it('gives gates one weight for each map, named and initialised together', () => {
    const g = new GraphBuilder();
    const x = g.input([6]);
    g.gates(x, { name: 'plain', out: 4 });
    g.gates(x, { name: 'named', out: 4, c: 'a/c', h: 'a/h', init: uniform(0.1) });
    expect(g.build({}).parameters).toEqual([
      { name: 'plain/c', shape: [4, 6], init: { kind: 'he', fanIn: 6 } },
      { name: 'plain/h', shape: [4, 6], init: { kind: 'he', fanIn: 6 } },
      { name: 'a/c', shape: [4, 6], init: { kind: 'uniform', low: -0.1, high: 0.1 } },
      { name: 'a/h', shape: [4, 6], init: { kind: 'uniform', low: -0.1, high: 0.1 } },
    ]);
  });

  it('ties a linear map to an embedding, whose first values then agree', () => {
    const g = new GraphBuilder();
    const x = g.embedding(g.input([]), { name: 'embedding', vocabulary: 9, size: 4 });
    const weight = 'embedding/weight';
    g.linear(x, { name: 'softmax', out: 9, bias: false, weight });
    expect(g.build({}).parameters).toEqual([
      { name: weight, shape: [9, 4], init: { kind: 'he', fanIn: 4 } },
    ]);
    const apart = { name: 'again', out: 9, bias: false, weight, init: uniform(0.1) };
    expect(thrown(() => g.linear(x, apart)).message).toMatch(/again: .* as in embedding/);
    expect(thrown(() => g.linear(x, { ...apart, name: 'few', out: 8 })).message).toBe(
      'few: expected parameter embedding/weight to be [9, 4] as in embedding, got [8, 4]',
    );
  });

  it('lists a parameter that two nodes name once', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    const a = g.conv2d(x, { name: 'a', out: 6, kernel: 1, weight: 'shared' });
    const b = g.conv2d(a, { name: 'b', out: 6, kernel: 1, weight: 'shared' });
    const graph = g.build({ b });
    expect(graph.parameters.map(({ name }) => name)).toEqual(['shared']);
    expect(graph.nodes[b]!.params).toEqual(['shared']);
  });

  it('refuses one name for two shapes, naming both nodes', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    g.conv2d(x, { name: 'first', out: 6, kernel: 1, weight: 'shared' });
    const error = thrown(() =>
      g.conv2d(x, { name: 'second', out: 6, kernel: 3, weight: 'shared' }),
    );
    expect(error.code).toBe('ERR_ARCHITECTURE');
    expect(error.message).toBe(
      'second: expected parameter shared to be [6, 6, 1, 1] as in first, got [6, 6, 3, 3]',
    );
  });

  it('refuses one name for two initialisations', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    const init = { kind: 'constant', value: 2 } as const;
    g.conv2d(x, { name: 'first', out: 6, kernel: 1, weight: 'shared' });
    const again = { name: 'second', out: 6, kernel: 1, weight: 'shared', init };
    expect(thrown(() => g.conv2d(x, again)).message).toMatch(/second: .*shared.* as in first/);
  });
});

describe('GraphBuilder names', () => {
  it('nests scopes, numbers unnamed nodes and leaves a scope by an exception too', () => {
    const g = new GraphBuilder();
    const x = g.input([2, 4, 4]);
    g.scope('layer0', () => {
      g.maxPool(x, { kernel: 3 });
      g.scope('inner', () => g.maxPool(x, { kernel: 3 }));
      g.maxPool(x, { kernel: 3 });
      expect(g.path('here')).toBe('layer0/here');
    });
    expect(() =>
      g.scope('broken', () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    g.maxPool(x, { kernel: 3 });
    expect(g.build({}).nodes.map(({ name }) => name)).toEqual([
      'input',
      'layer0/maxPool',
      'layer0/inner/maxPool',
      'layer0/maxPool-2',
      'maxPool',
    ]);
  });

  it('puts a node in the part it is made in, else in the first segment of its name', () => {
    const g = new GraphBuilder();
    const x = g.input([2, 4, 4]);
    g.scope('layer0', () => {
      g.avgPool(x, { kernel: 3 });
      g.part('skip', () => g.avgPool(x, { kernel: 3 }));
    });
    expect(g.build({}).nodes.map(({ part }) => part)).toEqual(['input', 'layer0', 'skip']);
  });

  it('refuses two nodes of one name', () => {
    const g = new GraphBuilder();
    const x = g.input([2, 4, 4]);
    g.batchNorm(x, { name: 'bn' });
    expect(thrown(() => g.batchNorm(x, { name: 'bn' })).message).toMatch(/^bn \(batchNorm\): /);
  });
});

describe('GraphBuilder errors', () => {
  const cases: [string, (g: GraphBuilder, x: number) => unknown, RegExp][] = [
    [
      'add of two shapes',
      (g, x) => g.scope('layer3', () => g.add([x, g.avgPool(x, { kernel: 1, stride: 2 })])),
      /^layer3\/add \(add\): expected inputs of one shape, got \[6, 8, 8\], \[6, 4, 4\]$/,
    ],
    ['add of one', (g, x) => g.add([x]), /^add \(add\): expected at least 2 inputs, got 1$/],
    [
      'concatConv over two sizes',
      (g, x) => g.concatConv([x, g.subsample(x, { offset: 1 })], { name: 'm', out: 3 }),
      /^m \(concatConv\): expected inputs that differ in channels only, got \[6, 8, 8\], \[6, 4, 4\]$/,
    ],
    [
      'concatConv with too few weights',
      (g, x) => g.concatConv([x, x], { name: 'm', out: 3, weights: ['w'] }),
      /^m \(concatConv\): expected 2 weights, one for each input, got 1$/,
    ],
    [
      'groups that do not divide',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 3, groups: 4 }),
      /^c \(conv2d\): .*divisible by groups 4, got \[6, 8, 8\]$/,
    ],
    [
      'a window larger than the map',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 9, padding: 0 }),
      /^c \(conv2d\): expected height and width of at least 9 .*, got \[6, 8, 8\]$/,
    ],
    [
      'pooling with more padding than libtorch takes',
      (g, x) => g.maxPool(x, { kernel: 3, padding: 2 }),
      /^maxPool \(maxPool\): expected a padding of at most half the kernel 3/,
    ],
    [
      'an even kernel without a padding',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 2 }),
      /^c \(conv2d\) padding: expected an integer of at least 0, got 0.5$/,
    ],
    [
      'no output channels',
      (g, x) => g.conv2d(x, { name: 'c', out: 0, kernel: 1 }),
      /^c \(conv2d\) out: /,
    ],
    [
      'linear on a map',
      (g, x) => g.linear(x, { name: 'l', out: 2 }),
      /^l \(linear\): expected features/,
    ],
    [
      'an embedding of what is no token',
      (g, x) => g.embedding(x, { name: 'e', vocabulary: 9, size: 4 }),
      /^e \(embedding\): expected a token \[\], got \[6, 8, 8\]$/,
    ],
    [
      'gates on a map',
      (g, x) => g.gates(x, { name: 'z', out: 2 }),
      /^z \(gates\): expected features/,
    ],
    [
      'a highway unit over an odd number of features',
      (g) => g.highway(g.input([5], { name: 'z' }), { activation: 'tanh' }),
      /^highway \(highway\): expected an even number of features \[2H\], got \[5\]$/,
    ],
    [
      'a highway unit whose carry is of another size',
      (g) => {
        const z = g.input([6], { name: 'z' });
        return g.highway(z, { activation: 'tanh', carry: z });
      },
      /^highway \(highway\): expected \[2H\] and a carry \[H\], got \[6\], \[6\]$/,
    ],
    [
      'an unknown activation',
      (g) => g.highway(g.input([6], { name: 'z' }), { activation: 'tan' as never }),
      /^highway \(highway\) activation: .*got "tan"; did you mean tanh\?$/,
    ],
    [
      'a state without a next value',
      (g, x) => {
        g.state([6], { name: 'h' });
        return g.build({ x });
      },
      /^h \(state\): expected to be given its next value, got none$/,
    ],
    [
      'a next value of another shape',
      (g, x) => {
        g.state([6], { name: 'h' });
        return g.build({ x }, { states: { h: x } });
      },
      /^h \(state\): expected a next value of shape \[6\], got \[6, 8, 8\]$/,
    ],
    [
      'a next value of no state',
      (g, x) => {
        g.state([6], { name: 'layer0' });
        return g.build({ x }, { states: { layer1: x } });
      },
      /^graph states: expected one of layer0, got "layer1"; did you mean layer0\?$/,
    ],
    ['dropping everything', (g, x) => g.dropout(x, { p: 1 }), /^dropout \(dropout\) p: .*got 1$/],
    ['a node that is not there', (g) => g.relu(7), /^relu \(relu\) input 0: .*got 7$/],
    [
      'a mistyped option',
      (g, x) => g.conv2d(x, { name: 'c', out: 8, kernel: 3, strid: 2 } as never),
      /^c \(conv2d\) option: .*got "strid"; did you mean stride\?$/,
    ],
    [
      'an unknown kind of statistics',
      (g, x) => g.batchNorm(x, { name: 'b', statistics: 'runing' as never }),
      /^b \(batchNorm\) statistics: .*did you mean running\?$/,
    ],
    [
      'an output that is not there',
      (g) => g.build({ logits: 3 }),
      /^graph output logits: .*got 3$/,
    ],
  ];
  it.each(cases)('names the node and what came: %s', (_, make, message) => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    expect(thrown(() => make(g, x)).message).toMatch(message);
  });
});

describe('GraphBuilder.build', () => {
  it('freezes the graph', () => {
    const g = new GraphBuilder();
    const x = g.input([6, 8, 8]);
    const graph = g.build({ y: g.conv2d(x, { name: 'c', out: 6, kernel: 1 }) });
    for (const part of [graph, graph.nodes, graph.nodes[1]!, graph.nodes[1]!.attrs]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.isFrozen(graph.parameters[0]!.shape)).toBe(true);
  });

  it('lists its states by the names of their nodes; a feed-forward graph has none', () => {
    const g = new GraphBuilder();
    const x = g.input([3]);
    expect(g.build({ x }).states).toEqual([]);
    const h = g.scope('layer0', () => g.state([3], { name: 'h' }));
    const next = g.add([x, h]);
    expect(g.build({ next }, { states: { 'layer0/h': next } }).states).toEqual([
      { name: 'layer0/h', input: h, next },
    ]);
  });

  it('makes a ReLU of a ReLU that same ReLU', () => {
    const g = new GraphBuilder();
    const x = g.relu(g.input([3]));
    expect(g.relu(x)).toBe(x);
  });
});
