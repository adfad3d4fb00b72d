import { expect, test } from 'vitest';
import { packageVersion } from '../../src/run/version.ts';
import { spaceNames } from '../../src/spaces/registry.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { run } from './commandLine.ts';
import { Spawned } from './spawned.ts';

const commands = [
  'run',
  'search',
  'derive',
  'train',
  'eval',
  'sample',
  'predict',
  'generate',
  'draw',
  'config',
  'data',
  'doctor',
  'setup',
];

test('the help names every command, and that of every command has an example', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const command of commands) {
    expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    const help = await run([command, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/Examples?:\n {2}\$ enas-torch /);
  }
});

test('the version is that of the package', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${packageVersion}\n`, stderr: '' });
});

test('without a command the help is shown as an error', async () => {
  const { code, stdout, stderr } = await run([]);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^Usage: enas-torch/);
});

test.each([
  [['serch'], "error: unknown command 'serch' (Did you mean search?)"],
  [['search', '--epcohs', '3'], "error: unknown option '--epcohs' (Did you mean --epochs?)"],
  [['search', '--epochs'], "error: option '--epochs <n>' argument missing"],
  [['search', 'more'], "error: too many arguments for 'search'. Expected 0 arguments but got 1."],
  [
    ['search', '--preset', 'papr'],
    'error: --preset: expected one of quick, paper, authors, got "papr"; did you mean paper?',
  ],
  [
    ['search', '--space', 'marco'],
    `error: --space: expected one of ${spaceNames.join(', ')}, got "marco"; did you mean macro?`,
  ],
  [
    ['search', '--epochs', 'many'],
    'error: --epochs: expected an integer of at least 1, got "many"',
  ],
  [['search', '--batch', '0'], 'error: --batch: expected an integer of at least 1, got 0'],
  [['search', '--seed', '1.5'], 'error: --seed: expected an integer of at least 0, got 1.5'],
  [
    ['search', '--device', 'gpu'],
    'error: --device: expected auto, cpu, cuda or cuda:<index>, got "gpu"',
  ],
  [
    ['search', '--config', 'none.json'],
    'error: none.json: expected a readable file; there is no such file',
  ],
  ...[['derive'], ['eval'], ['predict'], ['generate']].map(
    ([name]) =>
      [
        [name!, 'runs/a', '--device', 'gpu'],
        'error: --device: expected auto, cpu, cuda or cuda:<index>, got "gpu"',
      ] as [string[], string],
  ),
  [['derive', '--samples', '3'], "error: missing required argument 'run'"],
  [
    ['derive', 'runs/a', '--samples', 'all'],
    'error: --samples: expected an integer of at least 1, got "all"',
  ],
  [['sample', '--count', '0'], 'error: --count: expected an integer of at least 1, got 0'],
  [
    ['sample', '--format', 'jsn'],
    'error: --format: expected one of json, authors-macro, got "jsn"; did you mean json?',
  ],
])('%j is one line that says what was meant, with exit code 2', async (argv, message) => {
  expect(await run(argv)).toEqual({ code: 2, stdout: '', stderr: `${message}\n` });
});

test('an error is one line; with ENAS_TORCH_DEBUG its stack follows', async () => {
  const plain = await run(['derive', 'runs/none']);
  expect(plain.code).toBe(1);
  expect(plain.stderr).toMatch(/^error: runs\/none: expected the folder of a run.*\n$/);
  const debug = await run(['derive', 'runs/none'], { ENAS_TORCH_DEBUG: '1' });
  expect(debug.stderr.startsWith(plain.stderr)).toBe(true);
  expect(debug.stderr).toMatch(/\n {4}at /);
});

test.each([
  [['--help']],
  [['search', '--help']],
  [['config', '--preset', 'paper']],
  [['draw', 'none.json']],
])('%j loads no addon', async (argv) => {
  const main = new URL('../../dist/cli/main.js', import.meta.url).href;
  const spawned = Spawned.script(
    `import { main } from ${JSON.stringify(main)};
     await main(${JSON.stringify(argv)});
     const loaded = process.report.getReport().sharedObjects.map(String);
     console.error('addons:', loaded.filter((path) => path.endsWith('.node')).length);`,
    temporaryFolder(),
  );
  const { stderr } = await spawned.outcome();
  expect(stderr).toMatch(/addons: 0\n$/);
});
