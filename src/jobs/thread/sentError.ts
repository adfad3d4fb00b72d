import { AbortError } from '../../errors/abortError.ts';
import { EnasTorchError, type ErrorCode } from '../../errors/error.ts';

/** An error on its way between threads: structured cloning forgets classes and codes. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

export function sent(error: unknown): SentError {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  }
  const { name, message, stack } = error;
  const { code } = error as NodeJS.ErrnoException;
  return { name, message, stack, code };
}

/** The error again, of its class. */
export function received({ name, message, stack, code }: SentError): Error {
  const error =
    name === 'AbortError'
      ? new AbortError(message)
      : name === 'EnasTorchError'
        ? new EnasTorchError(code as ErrorCode, message)
        : Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
  return stack === undefined ? error : Object.assign(error, { stack });
}
