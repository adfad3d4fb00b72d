import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases } from './cases.mjs';
import { Program, program } from './program.mjs';
import { differences, recordOf } from './record.mjs';
import { SmallDisk } from './smallDisk.mjs';

/** When a disk is filled: at an event of a run (the first, or a later one), to so many bytes of room. */
const fillings = [
  { name: 'recurrent', type: 'child:step', nth: 1, room: 0 },
  { name: 'recurrent', type: 'controller:step', nth: 2, room: 8192 },
  { name: 'recurrent', type: 'controller:step', nth: 5, room: 65536 },
  { name: 'recurrent', type: 'arch:scored', nth: 26, room: 0 },
  { name: 'recurrent', type: 'arch:scored', nth: 26, room: 4096 },
  { name: 'train', type: 'train:step', nth: 8, room: 0 },
  { name: 'train', type: 'train:step', nth: 8, room: 49152 },
  { name: 'train', type: 'train:step', nth: 8, room: 65536 },
  { name: 'train', type: 'train:epoch', nth: 4, room: 0 },
];

/**
 * A full disk and a folder that cannot be written, where this machine allows to make them: what was said,
 * and what a run that was resumed afterwards has other than one that was not disturbed.
 *
 * @param {string} folder
 */
export async function* diskFaults(folder) {
  const path = join(folder, 'disk');
  let disk;
  try {
    disk = new SmallDisk(path, 16);
  } catch (error) {
    yield { fault: 'full disk', said: `skipped: ${error.message}`, differing: null };
    return;
  }
  try {
    const expected = {};
    for (const name of new Set(fillings.map((filling) => filling.name))) {
      writeFileSync(join(path, `${name}.json`), JSON.stringify(cases[name].settings));
      const run = `whole-${name}`;
      await program(begin(name, run), { cwd: path });
      expected[name] = recordOf(join(path, run));
    }
    for (const [i, filling] of fillings.entries()) {
      yield await filled(disk, filling, `full${i}`, expected[filling.name]);
    }
    yield await readOnly(disk, expected.recurrent);
    yield await withoutPermission(path);
  } finally {
    disk.unmount();
  }
}

const begin = (name, run) => [cases[name].command, '--config', `${name}.json`, '--out', run];
const resume = (name, run) => [cases[name].command, '--resume', run];

/** Fills the disk in the middle of a run, and resumes it when there is room again. */
async function filled(disk, { name, type, nth, room }, run, expected) {
  const cwd = disk.path;
  let met = 0;
  const running = new Program(begin(name, run), {
    cwd,
    onEvent: () => {
      if (running.events.at(-1).type === type && ++met === nth) disk.fill(room);
    },
  });
  const code = await running.ended;
  const problems = problemsOf(code, running.stderr);
  const left = ['', 'checkpoints'].flatMap((inner) => namesIn(join(cwd, run, inner)));
  for (const file of left) if (file.startsWith('.')) problems.push(`${file} was left`);
  disk.empty();
  problems.push(...(await resumed(name, run, cwd, expected)));
  const fault = `${name}: full at ${type} ${nth}, room for ${room} bytes`;
  return { fault, said: lastLine(running.stderr), differing: problems };
}

/** Kills a run, has its file system read-only while it is resumed, then writable again. */
async function readOnly(disk, expected) {
  const cwd = disk.path;
  const killed = new Program(begin('recurrent', 'read-only'), {
    cwd,
    onEvent: () => {
      if (killed.events.at(-1).type === 'checkpoint') killed.kill();
    },
  });
  await killed.ended;
  disk.setReadOnly(true);
  const { code, stderr } = await program(resume('recurrent', 'read-only'), { cwd });
  disk.setReadOnly(false);
  const problems = problemsOf(code, stderr);
  problems.push(...(await resumed('recurrent', 'read-only', cwd, expected)));
  return { fault: 'read-only file system', said: lastLine(stderr), differing: problems };
}

/** Begins a run where the folder's permission bits forbid it, by root without its right to ignore them. */
async function withoutPermission(path) {
  const cwd = join(path, 'closed');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'recurrent.json'), JSON.stringify(cases.recurrent.settings));
  chmodSync(cwd, 0o555);
  const prefix = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
  const { code, stderr } = await program(begin('recurrent', 'run'), { cwd, prefix });
  const problems = problemsOf(code, stderr, false);
  if (namesIn(cwd).length !== 1) problems.push('something was written');
  return { fault: 'folder without permission', said: lastLine(stderr), differing: problems };
}

/** Resumes a run; what it has other than was expected. */
async function resumed(name, run, cwd, expected) {
  const { code, events, stderr } = await program(resume(name, run), { cwd });
  if (code !== 0) return [`resuming ended with ${code}: ${stderr}`];
  const damaged = events.filter((event) => event.code === 'checkpoint-damaged');
  return [
    ...damaged.map(({ message }) => message),
    ...differences(expected, recordOf(join(cwd, run))),
  ];
}

/** What is wrong with how a run ended: it is to fail with one line, and to say how to go on. */
function problemsOf(code, stderr, goesOn = true) {
  const problems = [];
  if (code !== 1) problems.push(`ended with ${code}`);
  const lines = stderr.trimEnd().split('\n');
  if (lines.filter((line) => line.startsWith('error: ')).length !== 1)
    problems.push(`said ${stderr}`);
  if (lines.length > (goesOn ? 2 : 1)) problems.push(`said ${stderr}`);
  return problems;
}

const lastLine = (text) => text.trimEnd().split('\n').at(-1);

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
