import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Compiles `src/` to `dist/`, which is what the tests of the command line start as processes of their
 * own. Types are checked elsewhere (`npm run typecheck`).
 */
export default function compile(): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  const compiler = manifest.replace(/package\.json$/, 'bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck'], {
    cwd: root,
    stdio: 'inherit',
  });
}
