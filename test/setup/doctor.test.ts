import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/cli/diagnosis.ts';
import { describeDiagnosis } from '../../src/cli/doctor.ts';
import { run } from '../cli/commandLine.ts';
import { builtPackage, fakeLibtorch, scratchFolder, writeTree } from './scratch.ts';

/** A probe that runs `code`. */
function probe(code: string): string {
  return path.join(writeTree(scratchFolder(), { 'probe.cjs': code }), 'probe.cjs');
}

const REPORT = {
  version: '2.13.0',
  threads: 2,
  devices: [
    { name: 'cpu', elapsedMs: 3 },
    {
      name: 'cuda:0',
      elapsedMs: 400,
      properties: {
        name: 'NVIDIA H100',
        capability: [9, 0],
        totalMemory: 84_987_740_160,
        multiprocessors: 132,
      },
    },
  ],
};
const good = () => probe(`console.log(${JSON.stringify(JSON.stringify(REPORT))})`);
const bare = () => ({ PATH: '/nowhere', ENAS_TORCH_CACHE: path.join(scratchFolder(), 'cache') });

describe('diagnose', () => {
  it('all is well: tools, libtorch, build, devices', () => {
    const { root, libtorch } = builtPackage();
    const env = { PATH: process.env.PATH, LIBTORCH: libtorch };
    const diagnosis = diagnose({ env, packageRoot: root, probe: good() });
    expect(diagnosis).toMatchObject({
      ok: true,
      problems: [],
      node: { version: process.versions.node, ok: true },
      compiler: { version: expect.stringMatching(/^\d+/) },
      cmake: { version: expect.stringMatching(/^\d+\.\d+/) },
      libtorch: { found: { root: libtorch, version: '2.13.0+cpu', source: 'LIBTORCH' } },
      addon: { exists: true, builtAgainst: { version: '2.13.0+cpu', path: libtorch } },
      probe: REPORT,
    });
    const text = describeDiagnosis(diagnosis);
    expect(text).toContain(`libtorch   2.13.0+cpu, CPU build at ${libtorch} (LIBTORCH)\n`);
    expect(text).toContain('CUDA       cuda:0: NVIDIA H100, capability 9.0, 85.0 GB\n');
    expect(text).toContain('threads    2 on ');
    expect(text).toContain(
      'probe      convolution and gradients are right: cpu 3 ms, cuda:0 400 ms\n',
    );
  });

  it('no addon, no libtorch, no tools: says so and how to get them', () => {
    const packageRoot = scratchFolder();
    const diagnosis = diagnose({ env: bare(), packageRoot, probe: good() });
    expect(diagnosis).toMatchObject({
      ok: false,
      problems: ['the addon is not built: npx enas-torch setup'],
      compiler: null,
      cmake: null,
      libtorch: { found: null },
      addon: { exists: false, builtAgainst: null },
      probe: null,
    });
    const text = describeDiagnosis(diagnosis);
    expect(text).toContain('compiler   none\n');
    expect(text).toContain('libtorch   none found\n           looked at LIBTORCH: not set\n');
    expect(text).toContain(`addon      not built (${packageRoot}/build/Release/enas_torch.node)\n`);
    expect(text).toContain('probe      failed\n');
  });

  it.each([
    ["process.kill(process.pid, 'SIGSEGV')", 'a small convolution crashed its process (SIGSEGV)'],
    [
      "throw new TypeError('cpu: expected 100, got 99')",
      'a small convolution failed: TypeError: cpu: expected 100, got 99',
    ],
    ['process.exit(3)', 'a small convolution failed'],
  ])('reports a probe that ends badly: %s', (code, problem) => {
    const { root } = builtPackage();
    const diagnosis = diagnose({ env: bare(), packageRoot: root, probe: probe(code) });
    expect(diagnosis).toMatchObject({ ok: false, problems: [problem], probe: null });
  });

  it('reports a wrong LIBTORCH although the addon works', () => {
    const { root } = builtPackage();
    const env = { ...bare(), LIBTORCH: fakeLibtorch(scratchFolder(), '2.9.0+cpu') };
    const { ok, problems } = diagnose({ env, packageRoot: root, probe: good() });
    expect(ok).toBe(false);
    expect(problems).toEqual([
      `LIBTORCH names ${env.LIBTORCH}: version 2.9.0+cpu is not supported (2.11 to 2.14): set LIBTORCH right, or unset it`,
    ]);
  });

  it('says when the TypeScript is not compiled', () => {
    const { root } = builtPackage();
    const { problems } = diagnose({ env: bare(), packageRoot: root, probe: '/nowhere/probe.js' });
    expect(problems).toEqual(['the TypeScript is not compiled: npm run build']);
  });
});

/** The environment that this process was started in. */
const surroundings = () => ({ ...process.env }) as Record<string, string>;

describe('enas-torch doctor', () => {
  it('runs a convolution and its gradients on this machine', async () => {
    const { code, stdout, stderr } = await run(['doctor'], surroundings());
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^probe {6}convolution and gradients are right: cpu \d+ ms/m);
    expect(code).toBe(0);
  });

  it('gives the same as JSON', async () => {
    const { code, stdout } = await run(['doctor', '--json'], surroundings());
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, addon: { exists: true } });
    expect(code).toBe(0);
  });

  it.each(['doctor', 'setup'])('%s --help has an example', async (command) => {
    const { code, stdout } = await run([command, '--help']);
    expect(stdout).toContain(`$ enas-torch ${command}`);
    expect(code).toBe(0);
  });
});

describe('enas-torch setup', () => {
  it.each([
    [['--cuda', 'banana'], 'expected a CUDA version such as 12.6, got "banana"'],
    [['--cuda', '12.6', '--from', 'x'], "cannot be used with option '--from <path>'"],
    [['--cpu', '--cuda', '12.6'], 'cannot be used with option'],
  ])('refuses %j', async (options, reason) => {
    const { code, stderr } = await run(['setup', ...options]);
    expect(stderr).toContain(reason);
    expect(code).toBe(2);
  });
});
