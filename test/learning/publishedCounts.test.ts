import { expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.ts';
import { ParameterDictionary } from '../../src/learning/parameters.ts';
import { Streams } from '../../src/random/streams.ts';
import { findSpace } from '../../src/spaces/registry.ts';
import type { Task } from '../../src/spaces/space.ts';
import * as torch from '../../src/torch/index.ts';
import { publishedMacro } from '../spaces/macro/published.ts';
import { publishedMicro } from '../spaces/micro/published.ts';
import { publishedAuthors, publishedEnasLm } from '../spaces/recurrent/published.ts';

const cifar: Task = { kind: 'images', channels: 3, height: 32, width: 32, classes: 10 };
const pennTreebank: Task = { kind: 'text', vocabulary: 10_000 };
const macroOf = (filters: number, separable: string) => ({
  layers: 24,
  fixed: { merge: 'after', filters, separable },
});

/** Elements of the tensors that a network's parameters are, the auxiliary head's apart. */
function tensorsOf(graph: Graph): { own: number; auxiliary: number } {
  return torch.scope(() => {
    const dictionary = new ParameterDictionary(graph, {
      device: 'cpu',
      streams: new Streams(1),
      stream: 'train/init',
      momentum: false,
    });
    const counted = { own: 0, auxiliary: 0 };
    for (const { name } of graph.parameters) {
      const part = name.startsWith('auxiliary/') ? 'auxiliary' : 'own';
      counted[part] += dictionary.lookup(name).numel();
    }
    return counted;
  });
}

test.each([
  ['macro', 'authors-macro', publishedMacro, macroOf(96, 'depthwise'), 30_947_424, 0],
  ['macro', 'authors-macro', publishedMacro, macroOf(96, 'full'), 42_559_392, 0],
  ['macro', 'authors-macro', publishedMacro, macroOf(36, 'depthwise'), 4_373_604, 0],
  ['macro', 'authors-macro', publishedMacro, macroOf(36, 'full'), 5_997_852, 0],
  ['micro', 'authors-micro', publishedMicro, { fixed: { layers: 15 } }, 3_894_372, 494_848],
  ['micro', 'authors-micro', publishedMicro, { fixed: { layers: 18 } }, 4_587_372, 494_848],
  ['recurrent', 'authors-rnn', publishedAuthors, { fixed: { hidden: 748 } }, 22_027_104, 0],
  ['recurrent', 'enas_lm', publishedEnasLm, { nodes: 9, fixed: { hidden: 800 } }, 20_800_000, 0],
])(
  'the tensors of the published %s network in %s hold as many numbers as published',
  (name, format, text, options, own, auxiliary) => {
    const definition = findSpace(name);
    const space = definition.create(definition.optionsSchema.parse(options));
    const graph = space.fixed(
      space.formats[format]!.parse(text),
      definition.task === 'text' ? pennTreebank : cifar,
    );
    expect(tensorsOf(graph)).toEqual({ own, auxiliary });
  },
);
