import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { EnasTorchError } from '../errors/error.ts';
import { inFile, read } from '../errors/schema/read.ts';
import { writeFileAtomic } from '../files/atomicFile.ts';
import {
  type Checkpoint,
  type CheckpointContents,
  clearUnfinished,
  latestCheckpoint,
  removeOlder,
  writeCheckpoint,
} from '../run/checkpoint.ts';
import { parseJson, readJsonFile, readText } from '../run/configFile.ts';
import { hashOf } from '../run/configHash.ts';
import { Lock } from '../run/lock.ts';
import { JsonlWriter } from '../run/metrics.ts';
import { checkEmpty, isSpaceRun, runFiles, spaceRunFile } from '../run/runPath.ts';
import { writing } from '../run/writing.ts';
import type { CustomSpace } from './defineSpace.ts';
import type { SpaceEvent } from './events.ts';
import { type ScoredLine, scoredLineSchema } from './scored.ts';
import type { SpaceSettings } from './settings.ts';

/**
 * What the search of a custom space leaves on the disk: `space.json` (its decisions and settings),
 * `metrics.jsonl`, `architectures.jsonl` (every scored architecture, one a line) and `checkpoints/`. Locked
 * while it is open.
 */
export class SpaceRun {
  readonly path: string;
  readonly #hash: string;
  readonly #lock: Lock;
  readonly #metrics: JsonlWriter;
  readonly #architectures: JsonlWriter;

  private constructor(path: string, hash: string, lock: Lock) {
    this.path = path;
    this.#hash = hash;
    this.#lock = lock;
    this.#metrics = new JsonlWriter(join(path, runFiles.metrics));
    this.#architectures = new JsonlWriter(join(path, runFiles.architectures));
  }

  /**
   * @param resume whether to go on with a search that is there
   * @throws EnasTorchError ERR_RUN when the folder holds something else, or another search
   */
  static open(
    path: string,
    { name, decisions }: CustomSpace<unknown>,
    settings: SpaceSettings,
    resume: boolean,
  ): SpaceRun {
    const { concurrency: _, ...settled } = settings;
    const whole = { version: 1, space: { name, decisions }, settings: settled };
    const resumes = resume && isSpaceRun(path);
    if (!resumes) {
      writing(path, () => mkdirSync(path, { recursive: true }));
      checkEmpty(path);
    }
    const lock = Lock.acquire(join(path, 'lock'), path);
    try {
      const file = join(path, spaceRunFile);
      if (!resumes) writeFileAtomic(file, `${JSON.stringify(whole, null, 2)}\n`);
      else if (!isDeepStrictEqual(readJsonFile(file, 'ERR_RUN'), JSON.parse(JSON.stringify(whole))))
        throw new EnasTorchError(
          'ERR_RUN',
          `${path}: expected a search of the same decisions and settings, got another; ` +
            'choose another folder',
        );
      writing(path, () => clearUnfinished(join(path, 'checkpoints')));
      return new SpaceRun(path, hashOf(whole), lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The newest whole checkpoint, to which the lines are taken back; null at the beginning. */
  async takeUp(): Promise<Checkpoint | null> {
    const checkpoint = await latestCheckpoint(join(this.path, 'checkpoints'), this.#hash);
    this.#metrics.truncate(checkpoint?.sizes.metrics ?? 0);
    this.#architectures.truncate(checkpoint?.sizes.architectures ?? 0);
    if (checkpoint !== null) {
      writing(this.path, () => removeOlder(join(this.path, 'checkpoints'), checkpoint.step));
    }
    return checkpoint;
  }

  record(event: SpaceEvent<unknown>): void {
    if (event.type === 'space:resume') return;
    if (event.type === 'space:start' && this.#metrics.sync() > 0) return;
    this.#metrics.append('run' in event ? { ...event, run: '.' } : event);
  }

  recordScored(line: ScoredLine): void {
    this.#architectures.append(line);
  }

  /** The architectures scored before the checkpoint that was taken up, in their order. */
  scored(): ScoredLine[] {
    const { path } = this.#architectures;
    const lines = readText(path, 'ERR_RUN').split('\n').slice(0, -1);
    return lines.map((line, i) => {
      const source = `${path}, line ${i + 1}`;
      return read(scoredLineSchema, parseJson(line, source, 'ERR_RUN'), inFile(source), 'ERR_RUN');
    });
  }

  /** @returns the checkpoint's path */
  writeCheckpoint(sample: number, contents: CheckpointContents): Promise<string> {
    const sizes = { metrics: this.#metrics.sync(), architectures: this.#architectures.sync() };
    const folder = join(this.path, 'checkpoints');
    return writeCheckpoint(folder, sample, contents, { configHash: this.#hash, sizes });
  }

  close(): void {
    try {
      this.#metrics.close();
    } finally {
      try {
        this.#architectures.close();
      } finally {
        this.#lock.release();
      }
    }
  }
}
