/** A libtorch that can be built against. `root` holds lib/ and include/, links resolved. */
export interface Libtorch {
  readonly root: string;
  /** "2.13.0+cpu" where the distribution names its variant, else "2.13.0". */
  readonly version: string;
  readonly cuda: boolean;
  readonly problem?: undefined;
}

/** A directory that is no usable libtorch, and why. */
export interface NotLibtorch {
  readonly root: string;
  readonly problem: string;
  readonly version?: string;
  readonly cuda?: boolean;
}

/** A place that was looked at. */
export interface Tried {
  readonly source: 'LIBTORCH' | 'cache' | 'Python' | 'system';
  readonly path?: string;
  readonly outcome: string;
}

export interface Resolution {
  readonly found: (Libtorch & { readonly source: Tried['source'] }) | null;
  readonly failure?: string;
  readonly tried: readonly Tried[];
}

export const SUPPORTED: { readonly oldest: string; readonly newest: string };
export function cacheDirectory(env?: NodeJS.ProcessEnv): string;
export function isSupported(version: string): boolean;
export function inspectLibtorch(directory: string): Libtorch | NotLibtorch;
export function resolveLibtorch(options?: {
  env?: NodeJS.ProcessEnv;
  python?: string;
  systemRoots?: readonly string[];
}): Resolution;
export function describeTried(tried: readonly Tried[]): string[];
