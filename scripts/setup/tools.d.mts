export interface Program {
  readonly path: string;
  readonly version: string | undefined;
}

export interface Missing {
  readonly what: string;
  /** The Debian packages that bring it. */
  readonly debian: string;
}

export function findProgram(name: string, env?: NodeJS.ProcessEnv): string | undefined;
export function findCompiler(
  env?: NodeJS.ProcessEnv,
): (Program & { readonly name: string }) | undefined;
export function findCMake(env?: NodeJS.ProcessEnv): Program | undefined;
export function requiredCMake(packageRoot: string): string;
export function missingForBuild(packageRoot: string, env?: NodeJS.ProcessEnv): Missing[];
export function missingForFetch(options?: { pip?: boolean; env?: NodeJS.ProcessEnv }): Missing[];
export function demand(missing: Missing[], purpose: string, alternatives?: string[]): void;
