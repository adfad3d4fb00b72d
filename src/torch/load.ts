import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeTried, inspectLibtorch, resolveLibtorch } from '../../scripts/libtorch.mjs';
import { EnasTorchError } from '../errors/error.ts';
import type { Native } from './native.ts';

/** The package's own directory: two levels up from src/torch as from dist/torch. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the build wrote down about the libtorch that the addon was compiled and linked against. */
export interface BuiltAgainst {
  /** Such as "2.13.0+cpu". */
  readonly version: string;
  /** The directory whose lib/ is in the addon's run path. */
  readonly path: string;
  readonly cuda: boolean;
  readonly cxx11Abi: boolean;
  readonly compiler: string;
  readonly node: string;
}

/** Where the addon is looked for: in build/Release, or the variant that ENAS_TORCH_BUILD names. */
export function addonPath(packageRoot: string = PACKAGE_ROOT): string {
  const variant = process.env.ENAS_TORCH_BUILD || 'Release';
  return path.join(packageRoot, 'build', variant, 'enas_torch.node');
}

/** What the addon was built against, or null where no build wrote that down. */
export function builtAgainst(packageRoot: string = PACKAGE_ROOT): BuiltAgainst | null {
  const record = path.join(path.dirname(addonPath(packageRoot)), 'built-against.json');
  try {
    return JSON.parse(readFileSync(record, 'utf8')) as BuiltAgainst;
  } catch {
    return null;
  }
}

let loaded: Native | undefined;

/**
 * The native addon, loaded at the first call.
 *
 * @throws EnasTorchError `ERR_ADDON` with what was tried and the command that mends it, if the
 *   addon is not built, does not load, or would run on another libtorch than it was built against
 */
export function loadAddon(): Native {
  loaded ??= loadAddonFrom(PACKAGE_ROOT);
  return loaded;
}

/** {@link loadAddon} for a package that lies elsewhere, not remembered. */
export function loadAddonFrom(packageRoot: string, env: NodeJS.ProcessEnv = process.env): Native {
  const addon = addonPath(packageRoot);
  if (!existsSync(addon)) throw cannotLoad('it is not built', packageRoot, env);
  const mismatch = findMismatch(builtAgainst(packageRoot), env);
  if (mismatch !== undefined) throw cannotLoad(mismatch, packageRoot, env);
  boundSpinning();
  let native: Native;
  try {
    native = createRequire(import.meta.url)(addon) as Native;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw cannotLoad(reason, packageRoot, env, error);
  }
  const other = findStranger(builtAgainst(packageRoot));
  if (other !== undefined) throw cannotLoad(other, packageRoot, env);
  return native;
}

/**
 * OpenMP threads that wait spin for about half a millisecond, then sleep; libgomp reads this once, when
 * libtorch brings it in. On a quiet machine a macro step takes 0.83 times as long as without spinning,
 * and no longer than with libgomp's own, thirty times as long; beside two busy processes on two cores
 * 0.78 of the first and 0.88 of the second.
 */
function boundSpinning(): void {
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= '10000';
}

/** Another libtorch than the one built against, if that is what the dynamic linker took. */
function findStranger(built: BuiltAgainst | null): string | undefined {
  const mapped = /\S*\/lib\/libtorch_cpu\.so$/m.exec(readFileSync('/proc/self/maps', 'utf8'))?.[0];
  if (built === null || mapped === undefined) return undefined;
  const root = path.resolve(mapped, '../..');
  if (root === built.path) return undefined;
  const taken = inspectLibtorch(root);
  if (taken.version === built.version) return undefined;
  return `libtorch ${taken.version ?? 'of unknown version'} at ${root} was loaded, but it was built against ${built.version}; LD_LIBRARY_PATH may name it`;
}

/** Why the libtorch that would be loaded is not the one that the addon was built against. */
function findMismatch(built: BuiltAgainst | null, env: NodeJS.ProcessEnv): string | undefined {
  if (built === null) return undefined;
  const now = inspectLibtorch(built.path);
  if (now.problem !== undefined) {
    return `it was built against libtorch ${built.version} at ${built.path}, which is no longer there (${now.problem})`;
  }
  if (now.version !== built.version) {
    return `it was built against libtorch ${built.version} at ${built.path}, where version ${now.version} is now`;
  }
  if (!env.LIBTORCH) return undefined;
  const named = inspectLibtorch(env.LIBTORCH);
  if (named.problem !== undefined) return `LIBTORCH names ${named.root}: ${named.problem}`;
  if (named.version !== built.version) {
    return `LIBTORCH names libtorch ${named.version} at ${named.root}, but it was built against ${built.version} at ${built.path}`;
  }
  return undefined;
}

function cannotLoad(
  reason: string,
  packageRoot: string,
  env: NodeJS.ProcessEnv,
  cause?: unknown,
): EnasTorchError {
  const built = builtAgainst(packageRoot);
  const { found, tried } = resolveLibtorch({ env });
  const lines = [
    `The native addon cannot be loaded: ${reason}.`,
    `  addon: ${addonPath(packageRoot)}`,
    `  built against: ${built === null ? 'nothing yet' : `libtorch ${built.version} at ${built.path}`}`,
    ...describeTried(tried).map((line) => `  looked for libtorch: ${line}`),
    `To mend it: npx enas-torch setup${found === null ? ' (fetches libtorch and builds the addon)' : ' (builds the addon anew)'}`,
    'To see more: npx enas-torch doctor',
  ];
  return new EnasTorchError('ERR_ADDON', lines.join('\n'), { cause });
}
