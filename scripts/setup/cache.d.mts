export function freeBytes(directory: string): number;
export function demandSpace(
  needed: number,
  options?: { env?: NodeJS.ProcessEnv; free?: (directory: string) => number },
): void;
export function fillCache(
  fill: (folder: string, staging: string) => Promise<{ version: string }>,
  env?: NodeJS.ProcessEnv,
): Promise<string>;
export function linkIntoCache(root: string, version: string, env?: NodeJS.ProcessEnv): string;
export function chooseInCache(entry: string): string;
