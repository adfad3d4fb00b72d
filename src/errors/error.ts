/**
 * The kinds of failure a caller may want to tell apart. A message is for people; a code is for
 * programs.
 */
export type ErrorCode =
  /** An argument, option, key or value is not what was expected. */
  | 'ERR_ARGUMENT'
  /** A tensor was used after its scope ended or after `dispose()`. */
  | 'ERR_RELEASED'
  /** libtorch refused the operation (shapes that do not fit, …). */
  | 'ERR_TORCH'
  /** A device's memory, or a thread's JavaScript heap, is used up. */
  | 'ERR_OUT_OF_MEMORY'
  /** libtorch or the addon cannot be found or loaded. */
  | 'ERR_ADDON'
  /** The asked-for device does not exist here. */
  | 'ERR_DEVICE'
  /** A data set is missing, damaged or of the wrong kind. */
  | 'ERR_DATA'
  /** An architecture, graph or format cannot be read. */
  | 'ERR_ARCHITECTURE'
  /** A file of the project's own (config, checkpoint, run directory) cannot be used. */
  | 'ERR_RUN'
  /** A file cannot be written: the disk is full, the folder is read-only. */
  | 'ERR_WRITE'
  /** The thread that work was done in ended by itself. */
  | 'ERR_THREAD'
  /** The work was cancelled. */
  | 'ERR_ABORTED';

/** Every error this package throws on purpose. The message says what was expected, what came, and what to do. */
export class EnasTorchError extends Error {
  override readonly name: string = 'EnasTorchError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
