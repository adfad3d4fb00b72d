import { standardise } from '../data/augment.ts';
import { checkInteger, unexpected } from '../errors/check.ts';
import { execute } from '../graph/execute.ts';
import { type EvaluationNetwork, forEvaluation } from '../graph/forEvaluation.ts';
import * as torch from '../torch/index.ts';
import { Tensor } from '../torch/index.ts';
import type { ImageModel, Model } from '../train/model.ts';
import { checkFinite } from './finite.ts';
import { checkModelKind } from './modelKind.ts';

/** How probable a class is, from 0 to 1. */
export interface ClassProbability {
  readonly class: string;
  readonly probability: number;
}

export interface ClassifyOptions {
  /** Classes to give of each image, the most probable ones; all by default. */
  readonly top?: number;
  /** Images the network sees at a time. Default 64. */
  readonly batch?: number;
}

/**
 * What a trained network takes images for.
 *
 * @param images uint8 [N, C, H, W] of the size the network was trained on; standardised here
 * @returns for each image its classes, the most probable first
 * @throws EnasTorchError ERR_ARGUMENT for a model for text and for images of another form; ERR_RUN
 *   when the network's outputs are not finite
 */
export function classify(
  model: Model,
  images: Tensor,
  { top = Number.POSITIVE_INFINITY, batch = 64 }: ClassifyOptions = {},
): ClassProbability[][] {
  checkModelKind('classify', model, 'images');
  checkImages(model, images);
  checkInteger('classify: batch', batch, 1);
  if (top !== Number.POSITIVE_INFINITY) checkInteger('classify: top', top, 1);
  const total = images.shape[0]!;
  const predictions: ClassProbability[][] = [];
  const network = forEvaluation(model.network, ['logits']);
  try {
    for (let start = 0; start < total; start += batch) {
      const rows = torch.scope(() => {
        const part = images.narrow(0, start, Math.min(batch, total - start));
        return probabilities(model, network, part).tolist() as number[][];
      });
      for (const row of rows) predictions.push(ranked(model, row).slice(0, top));
    }
  } finally {
    network.dispose();
  }
  return predictions;
}

/** float64 [N, classes] */
function probabilities(
  { network: { dtype }, mean, std, device }: ImageModel,
  { graph, lookup }: EvaluationNetwork,
  images: Tensor,
): Tensor {
  return torch.scope(() =>
    torch.noGrad(() => {
      const input = standardise(images.to({ device }), { mean, std });
      const { logits } = execute(graph, input, { lookup, dtype, training: false });
      return logits!.to({ dtype: 'float64' }).softmax(1);
    }),
  );
}

/** The most probable first; equally probable ones in the order of the classes. */
function ranked({ classes, run }: ImageModel, row: readonly number[]): ClassProbability[] {
  checkFinite(run, row);
  return row
    .map((probability, i) => ({ class: classes[i]!, probability }))
    .sort((a, b) => b.probability - a.probability);
}

function checkImages({ task }: ImageModel, images: Tensor): void {
  const expected = `a uint8 tensor [N, ${task.channels}, ${task.height}, ${task.width}]`;
  if (!(images instanceof Tensor)) throw unexpected('classify: images', expected, images);
  const [, ...size] = images.shape;
  const fits = String(size) === String([task.channels, task.height, task.width]);
  if (fits && images.dtype === 'uint8') return;
  throw unexpected('classify: images', expected, `${images.dtype} [${images.shape.join(', ')}]`);
}
