import { EnasTorchError } from './error.ts';

/** Work was cancelled. Its name is that of the platform's own, its code ERR_ABORTED. */
export class AbortError extends EnasTorchError {
  override readonly name = 'AbortError';

  constructor(message: string, options?: ErrorOptions) {
    super('ERR_ABORTED', message, options);
  }
}
