/** A case's configuration of the library: the paper's, and one whose losses can be compared. */
import { resolveConfig } from '../../dist/run/config.js';
import { overlay } from '../../dist/run/overlay.js';

/**
 * Nothing is dropped, because two programs draw differently. And where the paper's learning rate of 20
 * meets first values, the loss goes to and fro and a last bit grows past any tolerance within ten steps.
 */
const comparable = {
  macro: { space: { options: { keepProb: 1 } } },
  micro: { space: { options: { keepProb: 1 } } },
  recurrent: {
    space: { options: { dropout: { input: 0, recurrent: 0, nodes: 0, output: 0 } } },
    search: { omega: { lr: { schedule: 'exponential', initial: 2 } } },
  },
};

/**
 * @param precision `fp32` or `bf16`
 * @returns the configuration, and in `exact` the one to compare losses by
 */
export function configure({ space, config }, { device, precision }) {
  const given = { ...config, device, precision };
  const resolve = (own) => resolveConfig({ space, preset: 'paper', config: own });
  const exact = overlay(given, comparable[space]);
  return { config: resolve(given), exact: resolve(exact) };
}
