/** Units a second since the first call, for a count that rises. */
export function meter(): (done: number) => number {
  let first: { readonly time: number; readonly done: number } | undefined;
  return (done) => {
    const time = performance.now();
    first ??= { time, done };
    return time === first.time ? 0 : (1000 * (done - first.done)) / (time - first.time);
  };
}
