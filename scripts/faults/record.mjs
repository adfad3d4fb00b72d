import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isClockField } from '../../dist/run/events.js';

const asTheyAre = ['architectures.jsonl', 'best.json', 'best.svg', 'arch.json', 'arch.svg'];
const ofTraining = ['model.json', 'model.safetensors', 'result.json'];

/**
 * What a run has come to, without what depends on the clock: its lines and state as text, the bytes of
 * every tensor and other file as a hash, what lies in the folder that should not, and the same of the
 * training in it.
 *
 * @param {string} run
 * @returns {Map<string, string>}
 */
export function recordOf(run) {
  const record = new Map();
  record.set('metrics.jsonl', withoutClock(readFileSync(join(run, 'metrics.jsonl'), 'utf8')));
  for (const name of [...asTheyAre, ...ofTraining]) {
    if (existsSync(join(run, name))) record.set(name, hashOf(join(run, name)));
  }
  const checkpoints = readdirSync(join(run, 'checkpoints')).sort((a, b) => Number(a) - Number(b));
  record.set('checkpoints', checkpoints.join());
  const last = join(run, 'checkpoints', checkpoints.at(-1));
  for (const name of readdirSync(last).sort()) {
    const file = join(last, name);
    record.set(name, name === 'state.json' ? stateOf(file) : hashOf(file));
  }
  record.set(
    'left over',
    readdirSync(run)
      .filter((name) => /^\.|^lock/.test(name))
      .join(),
  );
  const training = join(run, 'train');
  if (existsSync(training)) {
    for (const [name, value] of recordOf(training)) record.set(`train/${name}`, value);
  }
  return record;
}

/** Names of what two records differ in. */
export function differences(one, other) {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.get(name) !== other.get(name));
}

function withoutClock(lines) {
  const clean = (key, value) => (isClockField(key) ? undefined : value);
  return lines
    .split('\n')
    .map((line) => (line === '' ? '' : JSON.stringify(JSON.parse(line, clean))))
    .join('\n');
}

/** Where the run stood, without the seconds that its steps took. */
function stateOf(file) {
  const { state } = JSON.parse(readFileSync(file, 'utf8'));
  return JSON.stringify(state, (key, value) => (key === 'seconds' ? undefined : value));
}

function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
