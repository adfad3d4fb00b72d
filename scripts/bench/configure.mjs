/** A case's configuration of the library: the paper's, and one whose losses can be compared. */
import { resolveConfig } from '../../dist/run/config.js';
import { overlay } from '../../dist/run/overlay.js';

/**
 * Nothing is dropped, because two programs draw differently. And the rates are a tenth of the paper's:
 * with those, first values go to and fro, and a difference in the last bit at the second step grows past
 * any tolerance within ten (macro in float32: 2e-3).
 */
const comparable = {
  macro: { space: { options: { keepProb: 1 } }, search: { omega: { lr: { max: 0.005 } } } },
  micro: { space: { options: { keepProb: 1 } }, search: { omega: { lr: { max: 0.005 } } } },
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
