import { emulationWarning } from '../learning/precision.ts';
import { write } from '../report/output.ts';
import { deviceText } from '../report/precisionText.ts';
import type { Model } from '../train/model.ts';
import type { Host } from './host.ts';

/** Warns on standard error where a model is to be run in what its device has no instructions for. */
export async function warnOfEmulation({ stderr }: Host, model: Model): Promise<void> {
  const message = emulationWarning(model.precision, model.device);
  if (message !== undefined) await write(stderr, `warning: ${message}\n`);
}

/**
 * For a command whose standard output is its result alone: says on standard error what precision
 * somebody's asking came to.
 */
export async function reportPrecision(host: Host, model: Model): Promise<void> {
  if (model.precisionReason !== 'default') await write(host.stderr, `${deviceText(model)}\n`);
  await warnOfEmulation(host, model);
}
