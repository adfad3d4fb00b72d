import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cases } from './cases.mjs';
import { Program, program } from './program.mjs';
import { differences, recordOf } from './record.mjs';

/**
 * Runs a case once undisturbed, then kills it (SIGKILL) at random moments and resumes it until it has
 * been killed so many times, as often from the beginning as it comes to its end before that.
 *
 * @param {keyof typeof cases} name
 * @param {{ folder: string, kills: number, seed: number, onKill?: (kill: object) => void }} options
 */
export async function killAndResume(name, { folder, kills, seed, onKill = () => {} }) {
  const { command, settings } = cases[name];
  writeFileSync(join(folder, 'config.json'), JSON.stringify(settings));
  const begin = (run) => [command, '--config', 'config.json', '--out', run];
  const whole = await program(begin('whole'), { cwd: folder });
  if (whole.code !== 0) throw new Error(`${name}: ${whole.stderr}`);
  const expected = recordOf(join(folder, 'whole'));

  const draw = uniform(seed);
  const result = { name, runs: 0, kills: [], differing: new Set() };
  while (result.kills.length < kills || result.runs === 0) {
    const run = `run${result.runs}`;
    const path = join(folder, run);
    for (let ended = false; !ended; ) {
      const words = existsSync(join(path, 'config.json')) ? [command, '--resume', run] : begin(run);
      const left = kills - result.kills.length;
      const moment = left > 0 ? chosen(draw, whole.events.length) : null;
      const { code, at, stderr } = await interrupted(words, folder, path, moment);
      ended = code === 0;
      if (at !== null) {
        result.kills.push({ moment: moment.kind, at });
        onKill({ name, run, moment: moment.kind, at });
      } else if (!ended)
        throw new Error(`${name}: \`${words.join(' ')}\` ended with ${code}: ${stderr}`);
    }
    for (const what of differences(expected, recordOf(path)))
      result.differing.add(`${run}: ${what}`);
    result.runs++;
  }
  return result;
}

/**
 * A moment to kill at: some time after the start, somewhere after a random event, or once some
 * checkpoint has begun to be written.
 */
function chosen(draw, events) {
  const kind = draw();
  if (kind < 0.1) return { kind: 'time', ms: 1500 * draw() };
  if (kind < 0.65)
    return { kind: 'event', index: Math.floor(0.6 * events * draw()), ms: 20 * draw() };
  return { kind: 'checkpoint', skip: Math.floor(3 * draw()), ms: 12 * draw() };
}

/** Runs a command line, killed at a moment; `at` says where that was, null where the run had ended before. */
async function interrupted(words, cwd, path, moment) {
  // What an earlier kill left is there until the run is taken up.
  const earlier = new Set(unfinishedIn(path));
  const running = new Program(words, {
    cwd,
    onEvent: () => {
      if (moment?.kind === 'event' && running.events.length === moment.index + 1) kill();
    },
  });
  let over = false;
  const kill = async () => {
    await sleep(moment.ms);
    running.kill();
  };
  if (moment?.kind === 'time') kill();
  if (moment?.kind === 'checkpoint') whenWriting(path, moment.skip, earlier, kill, () => over);
  const code = await running.ended;
  over = true;
  const at = code === 'SIGKILL' ? phaseOf(running.events.at(-1), path, earlier) : null;
  return { code, at, stderr: running.stderr };
}

/** Calls `then` when a checkpoint is being written, after so many others. */
async function whenWriting(run, skip, earlier, then, isOver) {
  const seen = new Set();
  while (!isOver()) {
    for (const name of unfinishedIn(run)) if (!earlier.has(name)) seen.add(name);
    if (seen.size > skip) return await then();
    await sleep(1);
  }
}

/** Checkpoints of a run, and of the training in it, that are not whole. */
const unfinishedIn = (run) =>
  [join(run, 'checkpoints'), join(run, 'train/checkpoints')]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith('.')));

/** What a run was doing when it was killed, as far as its folder and its last event tell. */
function phaseOf(event, path, earlier) {
  const left = unfinishedIn(path).filter((name) => !earlier.has(name));
  if (left.length > 0) return 'checkpoint half written';
  if (existsSync(path) && readdirSync(path).some((name) => /^\..*\.tmp/.test(name)))
    return 'file half written';
  if (event === undefined) return 'before its first event';
  if (event.type === 'arch:scored') return event.phase === 'derive' ? 'deriving' : 'θ phase';
  return phases[event.type] ?? event.type;
}

const phases = {
  'run:start': 'start',
  'train:start': 'start',
  'run:resume': 'resumed',
  'epoch:start': 'start of an epoch',
  'child:step': 'ω phase',
  'controller:step': 'θ phase',
  'epoch:end': 'end of an epoch',
  'train:epoch': 'end of an epoch',
  'train:step': 'training',
  checkpoint: 'after a checkpoint',
  done: 'done',
  'train:done': 'done',
};

/** Numbers in [0, 1) of a seed (mulberry32). */
function uniform(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
