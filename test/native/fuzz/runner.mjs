/** Starts `child.mjs`, watches it, and says how it ended. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./child.mjs', import.meta.url));

/** Of address space: a huge tensor has to be refused, and not to be the end of the machine. */
const kibibytes = 4 * 2 ** 20;
/**
 * So that memory comes to rest. Of the plans for shapes they have seen, oneDNN and libtorch's layer above it
 * keep 1,024 each, of matrix products a quarter of a MiB a plan: random shapes fill that for more than a
 * million calls. And what is freed into a thread's own cache, glibc counts as in use.
 */
const restful = {
  LRU_CACHE_CAPACITY: '16',
  ONEDNN_PRIMITIVE_CACHE_CAPACITY: '16',
  GLIBC_TUNABLES: 'glibc.malloc.tcache_count=0',
};
/** How long one call may take. */
const patience = 60_000;

/**
 * Makes calls from..to of a seed in a process of its own.
 *
 * @returns {wrong: what calls did that they must not, summary: the child's last words or null where it
 *   crashed, rss, inUse: MiB that the process held, and had allocated and not
 *   freed, after each round of all functions}
 */
export async function runChild({ seed, from, to, limited, onProgress }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'enas-fuzz-'));
  const file = path.join(directory, 'call');
  try {
    return await watched({ seed, from, to, limited, onProgress, file });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function watched({ seed, from, to, limited, onProgress, file }) {
  const limit = limited ? `ulimit -v ${kibibytes};` : '';
  const child = spawn(
    'sh',
    ['-c', `${limit} exec "$0" "$@"`, process.execPath, script, seed, from, to, file].map(String),
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...restful } },
  );
  const found = { wrong: [], summary: null, rss: [], inUse: [] };
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr = (stderr + data).slice(-20_000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const report = JSON.parse(line);
    if (report.wrong !== undefined) found.wrong.push(report);
    else if (report.done) found.summary = report;
    else if (report.progress !== undefined) {
      found.rss.push(report.rss);
      found.inUse.push(report.inUse);
      onProgress?.(report);
    }
  });
  const hung = watch(child, file);
  const [code, signal] = await new Promise((resolve) => {
    child.once('close', (...ended) => resolve(ended));
  });
  clearInterval(hung.timer);
  if (code === 0 && found.summary !== null) return found;
  found.summary = null;
  const number = callUnderWay(file) ?? from;
  const how = hung.killed ? `took more than ${patience / 1000} s` : `ended by ${signal ?? code}`;
  found.wrong.push({ wrong: `${how}\n${stderr.slice(-3000)}`, number, ...describe(seed, number) });
  return found;
}

/** Kills a child whose call does not come to an end. */
function watch(child, file) {
  const state = { killed: false };
  let last = -1;
  let since = Date.now();
  state.timer = setInterval(() => {
    const number = callUnderWay(file);
    if (number !== last) {
      last = number;
      since = Date.now();
    } else if (Date.now() - since > patience) {
      state.killed = true;
      child.kill('SIGKILL');
    }
  }, 500);
  return state;
}

function callUnderWay(file) {
  try {
    return Number(readFileSync(file).readBigUInt64LE(0));
  } catch {
    return undefined;
  }
}

function describe(seed, number) {
  const args = [script, seed, number, number + 1, 'describe'].map(String);
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return JSON.parse(stdout || '{}');
}
