import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EnasTorchError } from '../errors/error.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import { writeError } from '../files/writeError.ts';
import type { Best } from './best.ts';
import {
  type Checkpoint,
  type CheckpointContents,
  clearUnfinished,
  latestCheckpoint,
  removeBetween,
  removeOlder,
  writeCheckpoint,
} from './checkpoint.ts';
import { parseConfig, type ResolvedConfig, spaceOf } from './config.ts';
import { readJsonFile } from './configFile.ts';
import { configHash } from './configHash.ts';
import type { Done, RunEvent } from './events.ts';
import { Lock } from './lock.ts';
import { JsonlWriter, lastLine } from './metrics.ts';
import {
  checkEmpty,
  checkIsRun,
  checkNoLinks,
  clearUnfinishedFiles,
  runFiles as files,
  newRunPath,
} from './runPath.ts';
import { clearWentBack, readWentBack, writeWentBack } from './wentBack.ts';
import { writing } from './writing.ts';

/**
 * Everything one run leaves on the disk:
 *
 *     config.json          the complete configuration
 *     metrics.jsonl        one event a line
 *     checkpoints/<step>/  *.safetensors and state.json; the last three are kept
 *     went-back.json       which of them it went back to, until it writes another
 *
 * the run of a search also
 *
 *     architectures.jsonl  every scored architecture, one a line
 *     best.json, best.svg  the best architecture and its picture
 *
 * and a run that trains one architecture
 *
 *     arch.json, arch.svg  the architecture and its picture
 *     model.safetensors    the parameters kept so far
 *     model.json           what using them takes besides
 *     result.json          what was measured of them at the end
 *
 * An open one is locked: one process at a time writes to a run.
 */
export class RunDirectory {
  /** As it was given. */
  readonly path: string;
  readonly config: ResolvedConfig;
  readonly #lock: Lock;
  readonly #metrics: JsonlWriter;
  /** None in a training. */
  readonly #architectures: JsonlWriter | null;
  #closed = false;

  private constructor(path: string, config: ResolvedConfig, lock: Lock) {
    this.path = path;
    this.config = config;
    this.#lock = lock;
    this.#metrics = new JsonlWriter(join(path, files.metrics));
    this.#architectures =
      config.arch === null ? new JsonlWriter(join(path, files.architectures)) : null;
  }

  /**
   * Begins a run.
   *
   * @param path an empty or new folder; by default a new one in `runs/`, named for the time, the
   *   space and the seed
   * @throws EnasTorchError ERR_RUN when the folder holds something; ERR_WRITE when it cannot be written;
   *   ERR_ARCHITECTURE when the architecture to be trained is none of the space
   */
  static create(config: ResolvedConfig, path?: string): RunDirectory {
    const architecture = config.arch === null ? {} : architectureFiles(config);
    const folder = path ?? newRunPath(config);
    try {
      mkdirSync(folder, { recursive: true });
      return RunDirectory.#begin(config, folder, architecture);
    } catch (error) {
      throw writeError(folder, error, 'try again, or choose another folder');
    }
  }

  static #begin(
    config: ResolvedConfig,
    folder: string,
    architecture: Readonly<Record<string, string>>,
  ): RunDirectory {
    checkEmpty(folder);
    const lock = Lock.acquire(join(folder, files.lock), folder);
    try {
      // Again: another process may have made a run here before this one had the lock.
      checkEmpty(folder);
      clearUnfinishedFiles(folder);
      writeFileAtomic(join(folder, files.config), `${JSON.stringify(config, null, 2)}\n`);
      writeMissing(folder, architecture);
      return new RunDirectory(folder, config, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Takes up a run that exists.
   *
   * @throws EnasTorchError ERR_RUN when there is none, when its configuration cannot be read, when
   *   another process has it open, and when a link leads out of it; ERR_WRITE when it cannot be written
   */
  static open(path: string): RunDirectory {
    checkIsRun(path);
    checkNoLinks(path);
    const lock = Lock.acquire(join(path, files.lock), path);
    try {
      writing(path, () => {
        clearUnfinishedFiles(path);
        clearUnfinished(join(path, files.checkpoints));
      });
      const config = readRunConfig(path);
      // A crash may have come between them and the configuration, which makes a folder a run.
      if (config.arch !== null) writing(path, () => writeMissing(path, architectureFiles(config)));
      return new RunDirectory(path, config, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Where the best architecture lies once {@link writeBest} has been called. */
  get bestPath(): string {
    return join(this.path, files.best);
  }

  /** Where the picture of the best architecture lies once {@link writeBest} has been called. */
  get picturePath(): string {
    return join(this.path, files.picture);
  }

  /**
   * Adds an event to `metrics.jsonl`, and a scored architecture to `architectures.jsonl` as well.
   *
   * Left out is what tells of a process and not of the run: resumes, checkpoints, how segments were run, a
   * second `run:start` or `train:start`. Paths are written relative to the run, so that the files of two runs of one seed
   * differ in nothing but the clock.
   */
  record(event: RunEvent): void {
    if (['run:resume', 'checkpoint', 'segments'].includes(event.type)) return;
    const starts = event.type === 'run:start' || event.type === 'train:start';
    if (starts && this.#metrics.sync() > 0) return;
    this.#metrics.append(
      'run' in event ? { ...event, run: relative(this.path, event.run) || '.' } : event,
    );
    if (event.type === 'arch:scored') {
      const { phase, step, epoch, reward, arch } = event;
      this.#architectures?.append({ phase, step, epoch, reward, arch });
    }
  }

  /** Writes `best.json` and `best.svg`. */
  writeBest(best: Done['best']): void {
    const whole: Best = { version: 1, space: this.config.space, ...best };
    const picture = spaceOf(this.config).picture(best.arch);
    writing(this.bestPath, () => {
      writeFileAtomic(this.bestPath, `${JSON.stringify(whole, null, 2)}\n`);
    });
    writing(this.picturePath, () => writeFileAtomic(this.picturePath, picture));
  }

  /**
   * Writes a checkpoint of the run as it stands after the events recorded so far.
   *
   * @returns the checkpoint's path
   */
  async writeCheckpoint(step: number, contents: CheckpointContents): Promise<string> {
    const sizes = {
      metrics: this.#metrics.sync(),
      architectures: this.#architectures?.sync() ?? 0,
    };
    const hash = configHash(this.config);
    const folder = join(this.path, files.checkpoints);
    const written = await writeCheckpoint(folder, step, contents, { configHash: hash, sizes });
    const wentBackTo = readWentBack(this.path);
    if (wentBackTo !== undefined) {
      writing(folder, () => removeBetween(folder, wentBackTo ?? -1, step));
      clearWentBack(this.path);
    }
    return written;
  }

  /**
   * The checkpoint that the run stands at: the newest whole one, or the one it went back to; null for its
   * beginning.
   *
   * @param before only those written before this one
   */
  latestCheckpoint(before?: Checkpoint): Promise<Checkpoint | null> {
    const wentBackTo = readWentBack(this.path);
    const after = wentBackTo === undefined ? Number.POSITIVE_INFINITY : (wentBackTo ?? -1) + 1;
    return this.#newest(Math.min(after, before?.step ?? after));
  }

  /** The newest whole checkpoint, also where the run went back before it: to be read, not to be gone on from. */
  newestCheckpoint(): Promise<Checkpoint | null> {
    return this.#newest(Number.POSITIVE_INFINITY);
  }

  #newest(before: number): Promise<Checkpoint | null> {
    return latestCheckpoint(join(this.path, files.checkpoints), configHash(this.config), before);
  }

  /**
   * Goes back to a checkpoint of the run, or to its beginning for null: events after it are forgotten.
   * Checkpoints after it are no longer taken up; they lie there until another is written.
   */
  goBackTo(checkpoint: Checkpoint | null): void {
    // First: a crash between the two finds lines to cut, and not a checkpoint of more lines than there are.
    writeWentBack(this.path, checkpoint?.step ?? null);
    this.rewindTo(checkpoint);
  }

  /** Forgets the events recorded after a checkpoint; all of them for null, the run's beginning. */
  rewindTo(checkpoint: Checkpoint | null): void {
    this.#metrics.truncate(checkpoint?.sizes.metrics ?? 0);
    this.#architectures?.truncate(checkpoint?.sizes.architectures ?? 0);
  }

  /**
   * Takes the run to the checkpoint it stands at, or to its beginning where none was written yet.
   *
   * @throws EnasTorchError ERR_RUN as {@link latestCheckpoint}, and when the run is past its first epoch
   *   and its checkpoints are gone
   */
  async takeUp(): Promise<Checkpoint | null> {
    const checkpoint = await this.latestCheckpoint();
    if (checkpoint === null && readWentBack(this.path) === undefined) this.#checkBegins();
    this.rewindTo(checkpoint);
    if (checkpoint !== null) {
      const folder = join(this.path, files.checkpoints);
      writing(folder, () => removeOlder(folder, checkpoint.step));
    }
    return checkpoint;
  }

  /** To begin again is to forget all lines: not where there are some that no run without a checkpoint has. */
  #checkBegins(): void {
    const epoch = lastLine(this.#metrics.path)?.epoch;
    if (!this.isDone() && !(typeof epoch === 'number' && epoch > 1)) return;
    throw new EnasTorchError(
      'ERR_RUN',
      `${join(this.path, files.checkpoints)}: expected the checkpoints of a run in epoch ${epoch}, ` +
        'got none; put the folder back, or start a new run',
    );
  }

  /** Whether the run has come to its end. */
  isDone(): boolean {
    this.#metrics.flush();
    const last = lastLine(this.#metrics.path);
    return last?.type === 'done' || last?.type === 'train:done';
  }

  /** Writes what still waits and gives the lock back. Nothing can be written afterwards. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#metrics.close();
    } finally {
      try {
        this.#architectures?.close();
      } finally {
        this.#lock.release();
      }
    }
  }

  /**
   * Closes a run that has failed, and removes it if nothing has happened in it.
   *
   * @returns whether it was removed
   */
  discardIfUnused(): boolean {
    try {
      this.close();
    } catch {
      // Lines could not be written, so something has happened; what the run failed of says more.
      return false;
    }
    const holds = readdirSync(this.path);
    const lines: readonly string[] = [files.metrics, files.architectures];
    const own: readonly string[] = [files.config, files.arch, files.archPicture, ...lines];
    if (holds.some((name) => !own.includes(name))) return false;
    const isEmpty = (name: string) => statSync(join(this.path, name)).size === 0;
    if (!holds.filter((name) => lines.includes(name)).every(isEmpty)) return false;
    for (const name of holds) rmSync(join(this.path, name));
    rmdirSync(this.path);
    return true;
  }
}

/** What a training's folder holds of its architecture, by name of file. */
function architectureFiles(config: ResolvedConfig): Readonly<Record<string, string>> {
  const space = spaceOf(config);
  return {
    [files.arch]: space.formats.json!.print(config.arch),
    [files.archPicture]: space.picture(config.arch),
  };
}

function writeMissing(folder: string, texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (!existsSync(join(folder, name))) writeFileAtomic(join(folder, name), text);
  }
}

/**
 * The configuration of a run, read without taking it up.
 *
 * @throws EnasTorchError ERR_RUN when the folder holds no run or its configuration cannot be read
 */
export function readRunConfig(path: string): ResolvedConfig {
  checkIsRun(path);
  const file = join(path, files.config);
  return parseConfig(readJsonFile(file, 'ERR_RUN'), file);
}
