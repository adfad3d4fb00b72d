import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EnasTorchError } from '../errors/error.ts';
import { inFile, read } from '../errors/schema/read.ts';
import { syncPath } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import type { Device, Tensor } from '../torch/index.ts';
import { hashOf } from './configHash.ts';
import { isJsonObject, type JsonObject } from './overlay.ts';
import { thenResume } from './writing.ts';

const kept = 3;
const stateFile = 'state.json';
const version = 1;

/** What `state.json` holds, beside the SHA-256 of that. */
const manifestSchema = z.strictObject({
  version: z.literal(version),
  step: z.int().nonnegative(),
  configHash: z.string(),
  /** Sizes in bytes of the run's line files when the checkpoint was written. */
  sizes: z.strictObject({
    metrics: z.int().nonnegative(),
    architectures: z.int().nonnegative(),
  }),
  files: z.record(
    z.string().regex(/^[\w-]+\.safetensors$/),
    z.strictObject({ size: z.int().nonnegative(), sha256: z.string() }),
  ),
  state: z.unknown(),
});

type Manifest = z.infer<typeof manifestSchema>;

/** What a checkpoint holds: named tensors by file, and anything else as JSON. */
export interface CheckpointContents {
  /** `{shared: {'layer0/conv3x3/conv': tensor, …}, controller: …}`; one file for each key. */
  readonly tensors: Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  readonly state: unknown;
}

/** A whole checkpoint on the disk. */
export class Checkpoint {
  readonly path: string;
  /** What it was written under; rises through a run. */
  readonly step: number;
  readonly sizes: Manifest['sizes'];
  /** Why newer checkpoints were passed over; empty when this is the newest. */
  readonly warnings: readonly string[];
  readonly #state: unknown;
  readonly #files: ReadonlySet<string>;

  /** For {@link latestCheckpoint}. */
  constructor(path: string, manifest: Manifest, warnings: readonly string[]) {
    this.path = path;
    this.step = manifest.step;
    this.sizes = manifest.sizes;
    this.warnings = warnings;
    this.#state = manifest.state;
    this.#files = new Set(Object.keys(manifest.files));
  }

  /**
   * What was given as {@link CheckpointContents.state}.
   * @throws EnasTorchError ERR_RUN when that is not what the schema says
   */
  stateAs<T>(schema: z.ZodType<T>): T {
    return read(schema, this.#state, inFile(join(this.path, stateFile)), 'ERR_RUN');
  }

  /** Reads the tensors that were given under one key of {@link CheckpointContents.tensors}. */
  async tensors(key: string, options: { device?: Device } = {}): Promise<Record<string, Tensor>> {
    const file = `${key}.safetensors`;
    if (!this.#files.has(file)) {
      throw new EnasTorchError(
        'ERR_RUN',
        `${this.path}: expected the file ${file}, got only ${[...this.#files].join(', ')}`,
      );
    }
    const torch = await import('../torch/index.ts');
    return torch.loadSafetensors(join(this.path, file), options).tensors;
  }
}

/**
 * Writes `<folder>/<step>/`: under a temporary name, to the disk, then renamed, so that a crash at
 * any moment leaves every earlier checkpoint as it was. Then removes all but the newest three.
 *
 * @returns the checkpoint's path
 * @throws EnasTorchError ERR_WRITE where the disk is full or there is no permission; then nothing of
 *   it is left, and every earlier checkpoint is
 */
export async function writeCheckpoint(
  folder: string,
  step: number,
  contents: CheckpointContents,
  of: Pick<Manifest, 'configHash' | 'sizes'>,
): Promise<string> {
  const path = join(folder, String(step));
  const temporary = join(folder, `.${step}.tmp-${process.pid}`);
  const aside = join(folder, `.${step}.old`);
  try {
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    await writeContents(temporary, step, contents, of);
    // The same step written again, after a resume from an earlier one: a folder cannot be renamed
    // over one that holds something.
    if (existsSync(path)) renameSync(path, aside);
    renameSync(temporary, path);
    syncPath(folder);
  } catch (error) {
    try {
      clearUnfinished(folder);
    } catch {
      // What failed first says more; what is left is cleared when the run is taken up.
    }
    throw writeError(path, error, thenResume);
  }
  rmSync(aside, { recursive: true, force: true });
  prune(folder, step);
  return path;
}

async function writeContents(
  folder: string,
  step: number,
  contents: CheckpointContents,
  of: Pick<Manifest, 'configHash' | 'sizes'>,
): Promise<void> {
  const torch = await import('../torch/index.ts');
  const files: Manifest['files'] = {};
  for (const [key, tensors] of Object.entries(contents.tensors)) {
    const file = `${key}.safetensors`;
    const path = join(folder, file);
    torch.saveSafetensors(path, tensors);
    files[file] = { size: statSync(path).size, sha256: await sha256(path) };
  }
  const manifest: Manifest = { version, step, ...of, files, state: contents.state };
  const whole = { ...manifest, sha256: hashOf(manifest) };
  writeFileSync(join(folder, stateFile), `${JSON.stringify(whole, null, 2)}\n`, { flush: true });
  syncPath(folder);
}

/**
 * The newest checkpoint whose every file is as it was written, or null where none was ever written.
 *
 * @param configHash of the run's configuration
 * @param before only those written under a lower step
 * @throws EnasTorchError ERR_RUN when there are checkpoints but no whole one, and when the newest whole
 *   one was written under another configuration or by a version of this package that writes them otherwise
 */
export async function latestCheckpoint(
  folder: string,
  configHash: string,
  before = Number.POSITIVE_INFINITY,
): Promise<Checkpoint | null> {
  const warnings: string[] = [];
  const damages: string[] = [];
  const earlier = steps(folder).filter((step) => step < before);
  for (const step of earlier.reverse()) {
    const path = join(folder, String(step));
    const { manifest, damage } = await inspect(path, step);
    if (manifest === undefined) {
      warnings.push(`${path} is damaged (${damage}); going on from the one before`);
      damages.push(`${step}: ${damage}`);
      continue;
    }
    if (manifest.configHash !== configHash) {
      throw new EnasTorchError(
        'ERR_RUN',
        `${path}: expected the configuration it was written under, got another in config.json; ` +
          'undo the change to config.json, or start a new run with --config',
      );
    }
    return new Checkpoint(path, manifest, warnings);
  }
  if (warnings.length > 0) {
    throw new EnasTorchError(
      'ERR_RUN',
      `${folder}: expected a whole checkpoint, got only damaged ones (${damages.join('; ')}); ` +
        'put one back from a copy, or start a new run',
    );
  }
  return null;
}

/**
 * Removes what is left of checkpoints whose writing a crash or a full disk ended, and puts back the one
 * that was to be replaced.
 */
export function clearUnfinished(folder: string): void {
  for (const name of names(folder)) {
    const [, step, kind] = /^\.(\d+)\.(old$|tmp-\d+$)/.exec(name) ?? [];
    if (step === undefined) continue;
    const [path, final] = [join(folder, name), join(folder, step)];
    if (kind === 'old' && !existsSync(final)) renameSync(path, final);
    else rmSync(path, { recursive: true, force: true });
  }
}

/** Failures to read that a file damaged or gone has; others, like a want of permission, are no damage. */
const damageCodes: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EIO'];

async function inspect(
  path: string,
  step: number,
): Promise<{ manifest: Manifest; damage?: undefined } | { manifest?: undefined; damage: string }> {
  try {
    const { sha256: stated, ...json } = readState(path);
    if (stated !== hashOf(json)) return { damage: `${stateFile} has changed` };
    checkVersion(path, json);
    const manifest = manifestSchema.parse(json);
    if (manifest.step !== step) return { damage: `it is of step ${manifest.step}` };
    for (const [file, { size, sha256: expected }] of Object.entries(manifest.files)) {
      const found = join(path, file);
      if (!existsSync(found)) return { damage: `${file} is missing` };
      if (statSync(found).size !== size) return { damage: `${file} has the wrong size` };
      if ((await sha256(found)) !== expected) return { damage: `${file} has changed` };
    }
    return { manifest };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const isDamage = error instanceof SyntaxError || error instanceof z.ZodError;
    if (!isDamage && !damageCodes.includes(code)) throw error;
    return { damage: `${stateFile} is missing or unreadable` };
  }
}

function readState(path: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(join(path, stateFile), 'utf8'));
  return isJsonObject(value) ? value : {};
}

function checkVersion(path: string, json: JsonObject): void {
  if (json.version === version) return;
  throw new EnasTorchError(
    'ERR_RUN',
    `${path}: expected a checkpoint of version ${version}, got version ${json.version}; ` +
      'go on with the version of enas-torch that wrote it',
  );
}

/**
 * Keeps the newest few. A checkpoint later than the one just written was damaged, since the run went
 * on from before it: it goes too.
 */
function prune(folder: string, written: number): void {
  removeOlder(folder, written);
  removeBetween(folder, written, Number.POSITIVE_INFINITY);
}

/**
 * Removes the checkpoints up to one but the newest few. A run that a crash ended just after it wrote its
 * last one would else keep one too many.
 */
export function removeOlder(folder: string, newest: number): void {
  const past = steps(folder).filter((step) => step <= newest);
  for (const step of past.slice(0, -kept)) {
    rmSync(join(folder, String(step)), { recursive: true, force: true });
  }
}

/** Removes the checkpoints between two, which the run that led to the later one did not write. */
export function removeBetween(folder: string, earlier: number, later: number): void {
  for (const step of steps(folder)) {
    if (step <= earlier || step >= later) continue;
    rmSync(join(folder, String(step)), { recursive: true, force: true });
  }
}

/** Steps of the checkpoints in a folder, rising. */
function steps(folder: string): number[] {
  return names(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/**
 * Read into one small buffer: those of a stream are garbage outside of V8's heap, by which glibc's heap
 * grew by 9 MiB in a search of tiny networks.
 */
async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(64 * 1024);
  const file = await open(path);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
