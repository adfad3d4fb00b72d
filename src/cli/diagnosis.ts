import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Libtorch, resolveLibtorch, type Tried } from '../../scripts/libtorch.mjs';
import { findCMake, findCompiler, type Program } from '../../scripts/setup/tools.mjs';
import { addonPath, type BuiltAgainst, builtAgainst } from '../torch/load.ts';
import type { ProbeReport } from './probe.ts';

const PROBE_TIMEOUT_MS = 120_000;
/** The compiled probe, from src/cli as from dist/cli: Node 20 does not run TypeScript. */
const COMPILED_PROBE = fileURLToPath(new URL('../../dist/cli/probe.js', import.meta.url));

/** What `doctor` found out; its `--json` prints this. */
export interface Diagnosis {
  /** True if the addon loads and computes a convolution and its gradients right. */
  readonly ok: boolean;
  /** One sentence for each thing that is wrong, with what mends it. */
  readonly problems: readonly string[];
  readonly node: { readonly version: string; readonly wanted: string; readonly ok: boolean };
  /** The tools that building the addon takes; null where there is none. */
  readonly compiler: (Program & { readonly name: string }) | null;
  readonly cmake: Program | null;
  readonly libtorch: {
    readonly found: (Libtorch & { readonly source: string }) | null;
    readonly tried: readonly Tried[];
  };
  readonly addon: {
    readonly path: string;
    readonly exists: boolean;
    readonly builtAgainst: BuiltAgainst | null;
  };
  readonly processors: number;
  /** Null where the child process did not come to its end. */
  readonly probe: ProbeReport | null;
}

/** What {@link diagnose} looks at, if not this process's own. */
export interface DiagnoseOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly packageRoot?: string;
  /** The script to run in a child process; prints a {@link ProbeReport}. */
  readonly probe?: string;
}

/** Looks at everything that the addon needs, and runs it in a child process. */
export function diagnose({
  env = process.env,
  packageRoot,
  probe: script = COMPILED_PROBE,
}: DiagnoseOptions = {}): Diagnosis {
  const resolution = resolveLibtorch({ env });
  const addon = addonPath(packageRoot);
  const exists = existsSync(addon);
  const node = checkNode();
  const problems: string[] = [];
  if (!node.ok) problems.push(`Node ${node.version} is older than ${node.wanted}: install a newer`);
  if (resolution.failure !== undefined) {
    problems.push(`${resolution.failure}: set LIBTORCH right, or unset it`);
  }
  const probe = exists ? runProbe(script, env) : 'the addon is not built: npx enas-torch setup';
  if (typeof probe === 'string') problems.push(probe);
  return {
    ok: problems.length === 0,
    problems,
    node,
    compiler: findCompiler(env) ?? null,
    cmake: findCMake(env) ?? null,
    libtorch: { found: resolution.found, tried: resolution.tried },
    addon: { path: addon, exists, builtAgainst: builtAgainst(packageRoot) },
    processors: availableParallelism(),
    probe: typeof probe === 'string' ? null : probe,
  };
}

function checkNode(): Diagnosis['node'] {
  const wanted = '20.19.0';
  const [a, b] = [process.versions.node, wanted].map((text) => text.split('.').map(Number));
  const older = a![0]! < b![0]! || (a![0] === b![0] && a![1]! < b![1]!);
  return { version: process.versions.node, wanted, ok: !older };
}

/** The report of the child process, or in one sentence how it failed. */
function runProbe(script: string, env: NodeJS.ProcessEnv): ProbeReport | string {
  if (!existsSync(script)) return 'the TypeScript is not compiled: npm run build';
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [script], {
    env,
    encoding: 'utf8',
    timeout: PROBE_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (status === 0) return JSON.parse(stdout) as ProbeReport;
  if (error !== undefined) return `a small convolution did not end: ${error.message}`;
  const said = reasonIn(stderr);
  if (signal !== null) return `a small convolution crashed its process (${signal})${said}`;
  return `a small convolution failed${said}`;
}

/** The message of the error that ended a Node process, without source lines and stack. */
function reasonIn(stderr: string): string {
  const lines = stderr.split('\n');
  const first = lines.findIndex((line) => /^\w*Error\b.*: /.test(line));
  const message = first === -1 ? lines : lines.slice(first);
  const end = message.findIndex((line) => /^ {4}at |^\s*$/.test(line));
  const text = message.slice(0, end === -1 ? undefined : end).join('\n');
  return text === '' ? '' : `: ${text}`;
}
