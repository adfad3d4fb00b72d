/**
 * `npm run check:package`: the package as it would be published. What is in it, whether its manifest and
 * its types are right (publint, attw), and with `--install` whether it installs into an empty project,
 * against the libtorch that is found here, and searches there; that compiles the addon.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resolveLibtorch } from './libtorch.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tool = (name) => path.join(root, 'node_modules/.bin', name);

/** What users need; everything else in the package is there by mistake. */
const expected = [
  /^(package\.json|LICENSE|README\.md|CHANGELOG\.md|CMakeLists\.txt|binding\.gyp)$/,
  /^bin\/enas-torch\.js$/,
  /^(dist|src)\/.*\.ts$/,
  /^dist\/.*\.(js|map)$/,
  /^native\/.*\.(cc|h|cu)$/,
  /^cmake\/.*\.cmake$/,
  /^scripts\/(install\.mjs|libtorch\.mjs|setup\/[^/]+\.(mjs|py))$/,
  /^scripts\/(libtorch|setup\/[^/]+)\.d\.mts$/,
  /^examples\/[^/]+\.(mjs|md)$/,
];
const needed = ['dist/index.js', 'dist/index.d.ts', 'dist/torch/index.js', 'dist/cli/main.js'];

const { values } = parseArgs({ options: { install: { type: 'boolean', default: false } } });
const folder = mkdtempSync(path.join(os.tmpdir(), 'enas-torch-package-'));
try {
  const tarball = pack();
  checkContent(tarball);
  show(tool('publint'), ['run', '--strict', tarball]);
  // It is for `import` alone, as Node 20 and bundlers resolve it.
  show(tool('attw'), ['--profile', 'esm-only', '--no-definitely-typed', tarball]);
  if (values.install) installAndSearch(tarball);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  return path.join(folder, readdirSync(folder)[0]);
}

function checkContent(tarball) {
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
  const files = listed
    .trimEnd()
    .split('\n')
    .map((file) => file.replace(/^package\//, ''));
  const isStale = (file) =>
    file.startsWith('dist/') &&
    !files.includes(file.replace('dist/', 'src/').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'));
  const odd = files.filter(
    (file) => isStale(file) || !expected.some((pattern) => pattern.test(file)),
  );
  const missing = needed.filter((file) => !files.includes(file));
  if (odd.length + missing.length > 0) {
    throw new Error(`the package should not have [${odd}], and lacks [${missing}]`);
  }
  console.log(`${files.length} files, ${Math.round(statSync(tarball).size / 1000)} kB packed`);
}

function installAndSearch(tarball) {
  const { found } = resolveLibtorch();
  if (found === null) throw new Error('no libtorch is found here; set LIBTORCH');
  const project = path.join(folder, 'project');
  const options = { cwd: project, env: { ...process.env, LIBTORCH: found.root } };
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module", "private": true }\n');
  const quietly = ['--no-audit', '--no-fund', '--foreground-scripts'];
  timed('install', () => show('npm', ['install', ...quietly, tarball], options));
  const tiny = '--epochs 1 --train-limit 160 --batch 16 --layers 3 --filters 4 --out run'.split(
    ' ',
  );
  timed('search', () => show('npx', ['--no', 'enas-torch', 'search', ...tiny], options));
  const program = `
    import { defineSpace, search } from 'enas-torch';
    import * as torch from 'enas-torch/torch';
    const space = defineSpace({ name: 'one', decisions: { a: [1, 2] }, reward: ({ a }) => a });
    const { reward } = await search(space, { samples: 20 }).result();
    if (reward !== 2 || torch.ones([2]).sum().item() !== 2) throw new Error('wrong');`;
  show(process.execPath, ['--input-type=module', '-e', program], options);
}

function show(command, words, options = {}) {
  execFileSync(command, words, { cwd: root, stdio: 'inherit', ...options });
}

function timed(what, body) {
  const start = performance.now();
  body();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
