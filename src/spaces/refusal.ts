import { EnasTorchError } from '../errors/error.ts';

/** An error in a text of this format: `enas_lm: number 3 (…): expected …`. */
export function refusal(format: string, message: string): EnasTorchError {
  return new EnasTorchError('ERR_ARCHITECTURE', `${format}: ${message}`);
}
