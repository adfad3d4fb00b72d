import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { bestSchema } from '../../src/run/best.ts';
import { resolveConfig, spaceOf } from '../../src/run/config.ts';
import { RunDirectory, readRunConfig } from '../../src/run/directory.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { latestRun } from '../../src/run/runPath.ts';
import { childStep, done, event, start } from '../report/events.ts';
import { lines } from './lines.ts';
import { temporaryFolder } from './temporary.ts';

const config = resolveConfig({ flags: { layers: 3, seed: 4 } });

/** The architecture of the space's first choices. */
function anArchitecture(): unknown {
  const space = spaceOf(config);
  return space.decode(
    space.decisions.map((decision) =>
      decision.kind === 'skips' ? decision.among.map(() => 0) : 0,
    ),
  );
}

test('a new run holds its configuration and is read back as it was', () => {
  const path = join(temporaryFolder(), 'deep', 'run');
  RunDirectory.create(config, path).close();
  expect(readRunConfig(path)).toEqual(config);
  const again = RunDirectory.open(path);
  expect(again.config).toEqual(config);
  again.close();
});

test('a run without a given folder is named for its space and seed, each a folder of its own', () => {
  const before = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(before));
  const [first, second] = [RunDirectory.create(config), RunDirectory.create(config)];
  expect(first.path).toMatch(/^runs\/\d{8}-\d{6}-macro-seed4$/);
  expect(second.path).not.toBe(first.path);
  second.record(start());
  for (const run of [first, second]) run.close();
  expect(latestRun('search')).toBe(second.path);
});

test('a folder that holds a run is refused with the command that goes on with it', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  expect(() => RunDirectory.create(config, path)).toThrow(
    `${path}: expected a new or empty folder, got one that holds a run; ` +
      `go on with that run by \`enas-torch search --resume ${path}\`, or choose another folder`,
  );
});

test('a folder that holds anything else is refused and left as it is', () => {
  const path = temporaryFolder();
  writeFileSync(join(path, 'thesis.tex'), '');
  expect(() => RunDirectory.create(config, path)).toThrow(
    `${path}: expected a new or empty folder, got one that holds thesis.tex; choose another folder`,
  );
  expect(readdirSync(path)).toEqual(['thesis.tex']);
});

test('a folder without a run, and one that does not exist, cannot be taken up', () => {
  const path = temporaryFolder();
  expect(() => RunDirectory.open(path)).toThrow(
    `${path}: expected the folder of a run, got no config.json in it`,
  );
  expect(() => readRunConfig(join(path, 'none'))).toThrow('got no such folder');
  expect(() => latestRun('search', join(path, 'runs'))).toThrow(
    'expected a run of `search` to go on with, got none',
  );
});

test('a run whose configuration is damaged names the file and the place', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  const file = join(path, 'config.json');
  writeFileSync(file, '{"version": 1,');
  expect(() => RunDirectory.open(path)).toThrow(`${file}: expected JSON; `);
  writeFileSync(file, JSON.stringify({ ...config, seed: 'x' }));
  expect(() => RunDirectory.open(path)).toThrow(`${file}: seed: expected an integer`);
  // Neither attempt left the run locked.
  writeFileSync(file, JSON.stringify(config));
  RunDirectory.open(path).close();
});

test('an open run is locked', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  expect(() => RunDirectory.open(path)).toThrow(`${path} is in use by process ${process.pid}`);
  run.close();
  run.close();
  RunDirectory.open(path).close();
});

test('events are lines; scored architectures have a file of their own as well', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  const arch = anArchitecture();
  const scored = event({
    type: 'arch:scored',
    step: 10,
    epoch: 1,
    elapsed: 5,
    phase: 'theta',
    arch,
    reward: 0.5,
  });
  const events = [childStep(1, 1, 2), scored];
  for (const one of events) run.record(one);
  run.close();
  expect(lines(join(path, 'metrics.jsonl'))).toEqual(events);
  expect(lines(join(path, 'architectures.jsonl'))).toEqual([
    { phase: 'theta', step: 10, epoch: 1, reward: 0.5, arch },
  ]);
});

test('the lines of a run tell nothing of where it lies and how often it was taken up', () => {
  const [one, two] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
  const common = { step: 10, epoch: 1, elapsed: 3 };
  for (const path of [one, two]) {
    const run = RunDirectory.create(config, path);
    const begun = { ...start(), run: path } as RunEvent;
    run.record(begun);
    if (path === two) {
      run.record(event({ type: 'checkpoint', path: join(path, 'checkpoints/10'), ...common }));
      run.record(begun);
      run.record(event({ type: 'run:resume', run: path, checkpoint: 'checkpoints/10', ...common }));
    }
    run.record({ ...done(70), run: path } as RunEvent);
    run.close();
  }
  const text = readFileSync(join(one, 'metrics.jsonl'), 'utf8');
  expect(readFileSync(join(two, 'metrics.jsonl'), 'utf8')).toBe(text);
  expect(text).not.toContain(one);
  expect(lines(join(one, 'metrics.jsonl'))).toMatchObject([{ run: '.' }, { run: '.' }]);
});

test('the best architecture is a file with its space and its numbers, and a picture', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  const best = { arch: anArchitecture(), reward: 0.75, validAccuracy: 0.6875 };
  run.writeBest(best);
  run.close();
  const read = bestSchema.parse(JSON.parse(readFileSync(run.bestPath, 'utf8')));
  expect(read).toEqual({ version: 1, space: config.space, ...best });
  expect(readFileSync(run.picturePath, 'utf8')).toMatch(/^(<\?xml[^>]*>\s*)?<svg/);
});

test('a run in which nothing happened can be taken away; any other stays', () => {
  const folder = temporaryFolder();
  const unused = RunDirectory.create(config, join(folder, 'unused'));
  expect(unused.discardIfUnused()).toBe(true);
  expect(existsSync(unused.path)).toBe(false);
  const used = RunDirectory.create(config, join(folder, 'used'));
  used.record(start());
  expect(used.discardIfUnused()).toBe(false);
  expect(existsSync(used.path)).toBe(true);
});

test('what a crash left of a checkpoint is cleared away when the run is taken up', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  mkdirSync(join(path, 'checkpoints', '.40.tmp-123'), { recursive: true });
  writeFileSync(join(path, 'checkpoints', '.40.tmp-123', 'shared.safetensors'), 'half');
  RunDirectory.open(path).close();
  expect(readdirSync(join(path, 'checkpoints'))).toEqual([]);
});

test('what a crash left of files and of the lock is cleared away as well', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  const kept = readdirSync(path);
  const left = [
    '.best.json.tmp-12-0',
    '.model.safetensors.tmp-12-0',
    'lock.12-0',
    'lock.stale-12-3',
  ];
  for (const name of left) writeFileSync(join(path, name), '{"ver');
  RunDirectory.open(path).close();
  expect(readdirSync(path)).toEqual(kept);
});

test('killed before it had a configuration, a run can be begun again in the same folder', () => {
  const path = temporaryFolder();
  const left = ['.config.json.tmp-12-0', 'lock.12-0', 'lock'];
  for (const name of left) writeFileSync(join(path, name), '{"ver');
  const run = RunDirectory.create(config, path);
  expect(readdirSync(path).sort()).toEqual([
    'architectures.jsonl',
    'config.json',
    'lock',
    'metrics.jsonl',
  ]);
  run.close();
});

test.each([
  'metrics.jsonl',
  'architectures.jsonl',
  'checkpoints',
  'config.json',
  'best.json',
  'lock',
  'train',
])('a run whose %s is a link is refused, and what it leads to is left alone', (name) => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  const elsewhere = join(temporaryFolder(), 'elsewhere');
  writeFileSync(elsewhere, 'mine');
  rmSync(join(path, name), { force: true });
  if (name === 'config.json') writeFileSync(elsewhere, JSON.stringify(config));
  const before = readFileSync(elsewhere, 'utf8');
  symlinkSync(elsewhere, join(path, name));
  expect(() => RunDirectory.open(path)).toThrow(
    `${join(path, name)}: expected a file or folder of the run itself, got a link; put what it leads to`,
  );
  expect(readFileSync(elsewhere, 'utf8')).toBe(before);
});

test('a run behind a link to its folder is taken up', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(config, path).close();
  const link = join(temporaryFolder(), 'link');
  symlinkSync(path, link);
  RunDirectory.open(link).close();
});

test('a link put where a file is written under a temporary name is not followed', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  const elsewhere = join(temporaryFolder(), 'elsewhere');
  writeFileSync(elsewhere, 'mine');
  symlinkSync(elsewhere, join(path, `.best.json.tmp-${process.pid}-${threadId}`));
  symlinkSync(elsewhere, join(path, 'best.svg'));
  run.writeBest({ arch: anArchitecture(), reward: 0.75, validAccuracy: 0.6875 });
  run.close();
  expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
  expect(lstatSync(join(path, 'best.svg')).isFile()).toBe(true);
  expect(lstatSync(join(path, 'best.json')).isFile()).toBe(true);
});

const training = { ...config, arch: anArchitecture() };

test('a run that trains one architecture holds it and its picture, and no scored ones', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(training, path);
  run.record(childStep(1, 1, 2));
  run.close();
  expect(readdirSync(path).sort()).toEqual([
    'arch.json',
    'arch.svg',
    'config.json',
    'metrics.jsonl',
  ]);
  expect(JSON.parse(readFileSync(join(path, 'arch.json'), 'utf8'))).toEqual(training.arch);
  const unused = RunDirectory.create(training, join(temporaryFolder(), 'unused'));
  expect(unused.discardIfUnused()).toBe(true);
  expect(existsSync(unused.path)).toBe(false);
});

test('killed before its architecture was written, a training has it when it is taken up', () => {
  const path = join(temporaryFolder(), 'run');
  RunDirectory.create(training, path).close();
  const texts = ['arch.json', 'arch.svg'].map((name) => readFileSync(join(path, name), 'utf8'));
  for (const name of ['arch.json', 'arch.svg']) rmSync(join(path, name));
  RunDirectory.open(path).close();
  expect(['arch.json', 'arch.svg'].map((name) => readFileSync(join(path, name), 'utf8'))).toEqual(
    texts,
  );
});

test('the latest run of a kind passes over those of the other, and counts the training in a run', () => {
  const folder = temporaryFolder();
  const make = (name: string, of: typeof config, minutesAgo: number) => {
    const path = join(folder, name);
    RunDirectory.create(of, path).close();
    const time = Date.now() / 1000 - 60 * minutesAgo;
    utimesSync(join(path, 'metrics.jsonl'), time, time);
    return path;
  };
  const searched = make('a', config, 30);
  make('b', config, 20);
  const trained = make('c', training, 10);
  expect(latestRun('train', folder)).toBe(trained);
  expect(latestRun('search', folder)).toBe(join(folder, 'b'));
  make('a/train', training, 0);
  expect(latestRun('search', folder)).toBe(searched);
});

test('a folder that holds a run is refused with the command that goes on with this kind', () => {
  const [trained, whole] = [join(temporaryFolder(), 'run'), join(temporaryFolder(), 'run')];
  RunDirectory.create(training, trained).close();
  expect(() => RunDirectory.create(config, trained)).toThrow(
    `enas-torch train --resume ${trained}`,
  );
  RunDirectory.create(config, whole).close();
  RunDirectory.create(training, join(whole, 'train')).close();
  expect(() => RunDirectory.create(config, whole)).toThrow(`enas-torch run --resume ${whole}`);
});

test('a run is done when its last line says so, and not while that line is cut short', () => {
  const path = join(temporaryFolder(), 'run');
  const run = RunDirectory.create(config, path);
  expect(run.isDone()).toBe(false);
  run.record(childStep(1, 1, 2));
  expect(run.isDone()).toBe(false);
  run.record({ ...done(70), run: path } as RunEvent);
  expect(run.isDone()).toBe(true);
  run.close();
  const text = readFileSync(join(path, 'metrics.jsonl'), 'utf8');
  writeFileSync(join(path, 'metrics.jsonl'), text.slice(0, -5));
  const cut = RunDirectory.open(path);
  expect(cut.isDone()).toBe(false);
  cut.close();
});
