import { assembleText } from '../../src/data/text/assemble.ts';
import type { TextDataset } from '../../src/data/text/dataset.ts';
import { Streams } from '../../src/random/streams.ts';
import { type PartialConfig, type ResolvedConfig, resolveConfig } from '../../src/run/config.ts';
import { firstArch } from './running.ts';

const words = ['<eos>', 'a', 'b', 'c', 'd', 'e'];

/** Every word follows from the one before, with some noise: learnable in seconds. */
export function toyText(): TextDataset {
  const split = (name: string, length: number) => {
    const draw = new Streams(0).draw(name);
    const ids = [1];
    while (ids.length < length) {
      const noise = draw.uniform() < 0.1 ? draw.integer(0, 6) : 0;
      ids.push((5 * ids.at(-1)! + 1 + noise) % 6);
    }
    return Int32Array.from(ids);
  };
  return assembleText(
    {
      name: 'toy',
      notes: [],
      words,
      train: split('train', 320),
      valid: split('valid', 90),
      test: split('test', 70),
    },
    { device: 'cpu', trainLimit: null, vocabularyLimit: null },
  );
}

const noDropout = { input: 0, recurrent: 0, nodes: 0, output: 0 };

/** A training of a second: a cell of 3 nodes and 8 units, 3 epochs of 8 to 12 steps. */
export function toyTextConfig(train: PartialConfig['train'] = {}): ResolvedConfig {
  const config = resolveConfig({
    space: 'recurrent',
    config: {
      device: 'cpu',
      space: {
        options: {
          nodes: 3,
          hidden: 8,
          fixed: { hidden: 8, dropout: { ...noDropout, input: 0.1 } },
        },
      },
      data: { bptt: 8, bpttJitter: true },
      train: {
        epochs: 3,
        batch: 4,
        lr: { schedule: 'exponential', initial: 5, decay: 0.9, after: 1 },
        activationReg: 0.1,
        temporalActivationReg: 0.1,
        ...train,
      },
    },
  } as object);
  return { ...config, arch: firstArch(config) };
}
