/**
 * Checks the C++ sources against .clang-format; with --write, formats them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const binary = path.join(
  path.dirname(createRequire(import.meta.url).resolve('clang-format/package.json')),
  'bin',
  'linux_x64',
  'clang-format',
);
const files = readdirSync(path.join(root, 'native'), { recursive: true })
  .filter((name) => /\.(cc|h|cu)$/.test(name))
  .map((name) => path.join('native', name));

const write = process.argv.includes('--write');
const args = write ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync(binary, ['--style=file', ...args, ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (error) throw error;
console.log(
  `clang-format: ${files.length} files ${status === 0 ? (write ? 'formatted' : 'are formatted') : 'checked; npm run format mends it'}`,
);
process.exitCode = status ?? 1;
