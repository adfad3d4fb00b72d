import { GraphBuilder } from '../../src/graph/builder.ts';
import { executeOverTime } from '../../src/graph/overTime.ts';
import type { NamedStates } from '../../src/learning/states.ts';
import { resolveConfig } from '../../src/run/config.ts';
import * as torch from '../../src/torch/index.ts';
import type { ImageModel, TextModel } from '../../src/train/model.ts';
import { cell, hidden, networkOf } from '../learning/recurrentNetwork.ts';

const base = {
  run: 'runs/a',
  config: resolveConfig(),
  arch: null,
  data: 'synthetic',
  device: 'cpu',
  precision: 'fp32',
  precisionReason: 'default',
} as const;

/** RGB images of 4 × 3 pixels are judged by their mean colour. */
export const [width, height] = [4, 3];
export const mean = [0.2, 0.4, 0.6];
export const std = [0.1, 0.2, 0.3];
export const classes = ['red', 'green', 'blue', 'none'];
export const weight = [
  [1, -0.5, 0],
  [-0.25, 1, 0.5],
  [0, 0.125, 1],
  [0, 0, 0],
];
export const bias = [0.1, 0, -0.1, 0];

/** logits = weight · (mean colour, standardised) + bias */
export function imageModel({ channels = 3, head = weight } = {}): ImageModel {
  const g = new GraphBuilder();
  const x = g.globalAvgPool(g.input([channels, height, width]));
  const graph = g.build({ logits: g.linear(x, { name: 'head', out: classes.length }) });
  const tensors: Record<string, torch.Tensor> = {
    'head/weight': torch.tensor(head.map((row) => row.slice(0, channels))),
    'head/bias': torch.tensor(bias),
  };
  return {
    ...base,
    kind: 'images',
    task: { kind: 'images', channels, height, width, classes: classes.length },
    network: { graph, lookup: (name) => tensors[name]!, dtype: 'float32' },
    classes,
    mean: mean.slice(0, channels),
    std: std.slice(0, channels),
  };
}

export const vocabulary = ['the', '<eos>', 'cat', '<unk>', 'sat', 'mat', 'on', 'a'];

/** A recurrent cell that nobody has trained, with gates so steep that all it has read tells. */
export function textModel(types: readonly string[] = vocabulary): TextModel {
  const { graph, parameters } = networkOf(cell(types.length), 3);
  torch.noGrad(() => {
    for (const name of ['gates/c', 'gates/h']) parameters.lookup(name).mul_(12);
  });
  return {
    ...base,
    kind: 'text',
    task: { kind: 'text', vocabulary: types.length },
    network: { graph, lookup: parameters.lookup, dtype: 'float32' },
    vocabulary: types,
  };
}

/** Logits after each of the tokens, all of them read in one run. */
export function logitsAfter({ network }: TextModel, tokens: readonly number[]): number[][] {
  return torch.scope(() =>
    torch.noGrad(() => {
      const input = torch.tensor([...tokens], { dtype: 'int64' }).reshape([-1, 1]);
      const states: NamedStates = { h: torch.zeros([1, hidden]) };
      const { lookup, graph } = network;
      const { outputs } = executeOverTime(graph, input, states, { lookup, training: false });
      return outputs.logits!.select(1, 0).tolist() as number[][];
    }),
  );
}
