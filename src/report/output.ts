/** A stream to write to: standard output, standard error, or a test's. */
export type Output = Pick<NodeJS.WriteStream, 'write' | 'once' | 'off' | 'destroyed'> &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'writableNeedDrain' | 'writable'>>;

/**
 * Writes, and waits while the reader is behind. A reader that has gone away is waited for no longer:
 * what is written to it is lost, and the work goes on.
 */
export async function write(output: Output, text: string): Promise<void> {
  if (output.destroyed || output.writable === false) return;
  if (output.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      for (const name of ['drain', 'error', 'close']) output.off(name, done);
      resolve();
    };
    for (const name of ['drain', 'error', 'close']) output.once(name, done);
  });
}
