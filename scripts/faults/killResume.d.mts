export interface KillResume {
  readonly name: string;
  /** That came to their end. */
  readonly runs: number;
  readonly kills: readonly { readonly moment: string; readonly at: string }[];
  /** What the runs that were killed have other than the one that was not. */
  readonly differing: ReadonlySet<string>;
}

export function killAndResume(
  name: string,
  options: { readonly folder: string; readonly kills: number; readonly seed: number },
): Promise<KillResume>;
