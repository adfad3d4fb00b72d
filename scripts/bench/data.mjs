/** The data that the benchmark learns from: made from a seed, with something in it to learn. */
import * as torch from '../../dist/torch/index.js';

/** Images of ten classes: each class a wave of its own over noise. 32 × 32, three channels. */
export function images(draw, count) {
  const [classes, channels, side] = [10, 3, 32];
  const pixels = new Uint8Array(count * channels * side * side);
  const labels = new BigInt64Array(count);
  let at = 0;
  for (let image = 0; image < count; image++) {
    const label = draw.integer(0, classes);
    labels[image] = BigInt(label);
    const phase = draw.uniform() * 2 * Math.PI;
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < side; y++) {
        for (let x = 0; x < side; x++) {
          const wave = Math.sin(((label + 1) * (c === 0 ? x : y)) / 8 + c * label + phase);
          pixels[at++] = 128 + 50 * wave + 60 * (draw.uniform() - 0.5);
        }
      }
    }
  }
  return {
    images: torch.fromTypedArray(pixels, [count, channels, side, side]),
    labels: torch.fromTypedArray(labels, [count]),
  };
}

/** Tokens: every second one follows from the one before it, the others are of any frequency rank. */
export function tokens(draw, count, vocabulary) {
  const text = new BigInt64Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const drawn = Math.floor(vocabulary ** draw.uniform()) - 1;
    last = draw.uniform() < 0.5 ? (7919 * last + 17) % vocabulary : drawn;
    text[i] = BigInt(last);
  }
  return torch.fromTypedArray(text, [count]);
}

/** The data set of an image case from its tensors. */
export function imageDataset(tensors) {
  const split = (name) => ({ images: tensors[`${name}Images`], labels: tensors[`${name}Labels`] });
  return {
    name: 'benchmark',
    classes: Array.from({ length: 10 }, (_, i) => `class${i}`),
    channels: 3,
    height: 32,
    width: 32,
    train: split('train'),
    valid: split('valid'),
    test: split('valid'),
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    fingerprint: 'benchmark',
  };
}

/** The data set of a text case from its tensors. */
export function textDataset(tensors, vocabulary) {
  return {
    name: 'benchmark',
    vocabulary: Array.from({ length: vocabulary }, (_, i) => (i === 0 ? '<eos>' : `w${i}`)),
    train: tensors.train,
    valid: tensors.valid,
    test: tensors.valid,
    trainCounts: new Array(vocabulary).fill(1),
    unigramPerplexity: { valid: vocabulary, test: vocabulary },
    fingerprint: 'benchmark',
    notes: [],
  };
}
