import type { Dataset } from '../learning/createLearner.ts';
import type { ResolvedConfig } from '../run/config.ts';
import type { ModelInfo } from '../run/modelInfo.ts';

/** What using a network trained on this data takes besides its parameters. */
export function modelInfo(config: ResolvedConfig, dataset: Dataset): ModelInfo {
  const common = { version: 1 as const, config, data: dataset.name };
  if ('vocabulary' in dataset) {
    return { kind: 'text', ...common, vocabulary: [...dataset.vocabulary] };
  }
  const { channels, height, width, classes, mean, std } = dataset;
  return {
    kind: 'images',
    ...common,
    channels,
    height,
    width,
    classes: [...classes],
    mean: [...mean],
    std: [...std],
  };
}
