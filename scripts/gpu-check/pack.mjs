/**
 * Packs what a check on a GPU takes into one folder, for a machine that has a CUDA build of libtorch,
 * CMake and a compiler, and neither Node nor npm nor a network:
 *
 *     node scripts/gpu-check/pack.mjs --images <CIFAR-10 as train/<class>/*.jpg, test/<class>/*.jpg>
 *     bash build/gpu-check/run.sh --out <folder>        there; under 9 minutes; leaves gpu-check.json
 *     bash build/gpu-check/run.sh --device cpu --out …  a rehearsal on a machine without a GPU
 *
 * It holds Node itself, the compiled TypeScript, the addon's sources with the Node-API headers, the
 * modules needed at run time, the checks of test/cuda, the benchmark, and the images.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyModules } from './modules.mjs';

const packageRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const LARGEST = 64 * 2 ** 20;

const { values } = parseArgs({ options: { images: { type: 'string' }, out: { type: 'string' } } });
const out = path.resolve(values.out ?? path.join(packageRoot, 'build', 'gpu-check'));
const app = path.join(out, 'app');

rmSync(out, { recursive: true, force: true });
mkdirSync(app, { recursive: true });
copySources();
compile();
copyModules(packageRoot, app);
tar(path.join(out, 'app.tar.xz'), out, ['app']);
rmSync(app, { recursive: true });
packNode();
if (values.images !== undefined) {
  tar(path.join(out, 'images.tar.xz'), path.resolve(values.images), ['train', 'test']);
}
copyFileSync(path.join(packageRoot, 'scripts/gpu-check/run.sh'), path.join(out, 'run.sh'));
report();

function copySources() {
  for (const name of ['package.json', 'CMakeLists.txt', 'cmake', 'native', 'bin']) {
    cpSync(path.join(packageRoot, name), path.join(app, name), { recursive: true });
  }
  for (const name of ['libtorch.mjs', 'setup', 'gpu-check', 'bench']) {
    const from = path.join(packageRoot, 'scripts', name);
    if (existsSync(from)) cpSync(from, path.join(app, 'scripts', name), { recursive: true });
  }
}

/** `src/` to dist/ for the command line, and with the checks to where they are beside each other. */
function compile() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = manifest.replace(/package\.json$/, 'bin/tsc');
  const plain = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false'];
  plain.push('--declarationMap', 'false');
  const build = ['-p', 'tsconfig.build.json', '--outDir', path.join(app, 'dist')];
  const checks = ['-p', 'scripts/gpu-check/tsconfig.json', '--outDir', app];
  for (const project of [build, checks]) {
    execFileSync(process.execPath, [tsc, ...project, ...plain], {
      cwd: packageRoot,
      stdio: 'inherit',
    });
  }
}

/** Node without its symbols: 25 MB rather than 100. */
function packNode() {
  const copy = path.join(out, 'node');
  copyFileSync(process.execPath, copy);
  execFileSync('strip', [copy]);
  execFileSync('xz', ['-9', '-T0', copy]);
}

function tar(archive, folder, names) {
  const options = ['--sort=name', '--owner=0', '--group=0', '-C', folder, '-cf'];
  execFileSync('tar', ['-I', 'xz -9 -T0', ...options, archive, ...names]);
}

function report() {
  let total = 0;
  for (const name of readdirSync(out)) {
    const { size } = statSync(path.join(out, name));
    total += size;
    console.log(`${(size / 2 ** 20).toFixed(1).padStart(7)} MiB  ${name}`);
  }
  console.log(`${(total / 2 ** 20).toFixed(1).padStart(7)} MiB  in ${out}`);
  if (total <= LARGEST) return;
  console.error(`expected at most ${LARGEST / 2 ** 20} MiB`);
  process.exitCode = 1;
}
