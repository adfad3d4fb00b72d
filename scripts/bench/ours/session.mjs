import path from 'node:path';
import { createSession } from '../../../dist/search/session.js';
import * as torch from '../../../dist/torch/index.js';
import { cases } from '../cases.mjs';
import { configure } from '../configure.mjs';
import { imageDataset, textDataset } from '../data.mjs';

/**
 * A search session of a case on its data, with nothing drawn at random in its networks; and its
 * configuration's own space, whose networks have dropout.
 */
export function openSession(spec, folder, precision) {
  const { vocabulary } = cases[spec.case];
  const device = spec.device === 'cuda' ? 'cuda:0' : 'cpu';
  const { config, exact } = configure(cases[spec.case], { device: spec.device, precision });
  const { tensors } = torch.loadSafetensors(path.join(folder, 'data.safetensors'), { device });
  const dataset =
    vocabulary === undefined ? imageDataset(tensors) : textDataset(tensors, vocabulary);
  return { session: createSession(exact, dataset, device), config };
}

/** A controller that gives these choices, again and again. */
export function controllerOf(choices) {
  return {
    draw: (count) => Array.from({ length: count }, (_, i) => choices[i % choices.length]),
  };
}

/** Everything given to the device is done. */
export function synchronize(device) {
  if (device === 'cuda') torch.cuda.synchronize();
}
