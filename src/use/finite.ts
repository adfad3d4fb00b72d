import { EnasTorchError } from '../errors/error.ts';

/**
 * @param run folder of the run that trained the network
 * @param outputs of the network
 * @throws EnasTorchError ERR_RUN when one of them is NaN or infinite
 */
export function checkFinite(run: string, outputs: Iterable<number>): void {
  for (const value of outputs) {
    if (Number.isFinite(value)) continue;
    throw new EnasTorchError(
      'ERR_RUN',
      `${run}: expected a network with finite outputs, got ${value}; ` +
        'its training diverged: train with a lower learning rate',
    );
  }
}
