import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** What would make one contender's process another than the next one's. */
const unwanted = /^(MALLOC_|GLIBC_TUNABLES|OMP_|KMP_|GOMP_|MKL_|LD_PRELOAD)/;

function environment(own) {
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return { ...Object.fromEntries(kept), ...own };
}

/** The interpreter of a virtual environment's folder; else what is given, an interpreter. */
function interpreterOf(python) {
  const inside = path.join(python, 'bin', 'python');
  return existsSync(inside) ? inside : python;
}

/**
 * A process that answers lines of commands with lines of JSON.
 *
 * @throws Error with what the process wrote, when it ends before it has answered
 */
class Child {
  #process;
  #lines;
  #errors = '';

  constructor(program, args, env) {
    this.#process = spawn(program, args, { stdio: 'pipe', env: environment(env) });
    this.#process.stderr.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#process.on('error', (error) => {
      this.#errors += error.message;
    });
    this.#process.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async answer() {
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value);
    await new Promise((resolve) => setTimeout(resolve, 100));
    throw new Error(`${this.#process.spawnargs.join(' ')}: ${this.#errors.trim() || 'ended'}`);
  }

  ask(command, argument = null) {
    this.#process.stdin.write(`${command} ${JSON.stringify(argument)}\n`);
    return this.answer();
  }

  /** Bytes of memory that it had at most, VmHWM. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)[1]) * 1024;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Ends it, and waits until its memory is free. */
  async stop() {
    const ended = new Promise((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) resolve();
      else this.#process.once('exit', resolve);
    });
    this.#process.stdin.end();
    const slow = setTimeout(() => this.#process.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(slow);
  }
}

/** Starts a contender on what `prepare` wrote to a folder; it has done a first step when this returns. */
export async function startContender({ side, python, env }, { folder, interpreter, threads }) {
  const settings = { ...env, OMP_NUM_THREADS: String(threads) };
  const start = process.hrtime.bigint();
  const child = python
    ? new Child(interpreterOf(interpreter), [here('python/contender.py'), folder, side], settings)
    : new Child(process.execPath, [here('ours.mjs'), folder, side], settings);
  try {
    const first = await child.answer();
    return { child, ...first, firstStepSeconds: Number(process.hrtime.bigint() - start) / 1e9 };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

export async function startRoofline(device, threads) {
  const child = new Child(process.execPath, [here('roofline.mjs'), device], {
    OMP_NUM_THREADS: String(threads),
  });
  await child.answer();
  return child;
}

/** Writes to a folder what the contenders of a case start from. */
export async function prepare(name, folder, device) {
  const child = new Child(process.execPath, [here('prepare.mjs'), name, folder, device], {});
  await child.answer();
  await child.stop();
}

/**
 * The version of torch in a Python.
 * @throws Error saying what to give instead, when it has none
 */
export async function torchOf(python) {
  const program = 'import json, torch; print(json.dumps(torch.__version__))';
  const child = new Child(interpreterOf(python), ['-c', program], {});
  try {
    return await child.answer();
  } catch (error) {
    const last = error.message.trim().split('\n').at(-1);
    throw new Error(
      `--python: expected an interpreter or a virtual environment that has torch, got ${python} (${last}); ` +
        'give another, or leave PyTorch out with --contenders ours-fp32,ours-bf16',
    );
  } finally {
    await child.stop();
  }
}
