import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../scripts/setup/tools.mjs';
import { wheel, zip } from './archives.ts';
import { libtorchFiles, runInstall, scratchFolder, scratchPackage, writeTree } from './scratch.ts';

/**
 * A PATH whose python3 gives `archive` for whatever is to be downloaded, and notes what that was;
 * for anything else it is the real one.
 */
function offline(archive: string) {
  const folder = writeTree(scratchFolder(), {
    python3: `#!/bin/sh
case "$2" in
  pip) [ "$3" = download ] || exit 0
       echo "$@" > "$0.asked"
       for word; do [ "$last" = --dest ] && cp '${archive}' "$word"; last=$word; done;;
  download) echo "$@" > "$0.asked"; cp '${archive}' "$4"; echo '{"result": {"bytes": 1}}';;
  *) exec '${findProgram('python3')}' "$@";;
esac
`,
  });
  chmodSync(path.join(folder, 'python3'), 0o755);
  const asked = () => readFileSync(path.join(folder, 'python3.asked'), 'utf8').trim();
  return { PATH: `${folder}:${process.env.PATH}`, asked };
}

describe('fetching libtorch', () => {
  it('has pip download the CPU wheel for this platform, whatever Python runs it', () => {
    const cache = path.join(scratchFolder(), 'cache');
    const { PATH, asked } = offline(wheel('2.13.0+cpu'));
    const env = { PATH, ENAS_TORCH_CACHE: cache };
    const root = scratchPackage();
    const { status, text } = runInstall(root, ['--cpu'], env);
    expect(text).toContain(`fetching libtorch 2.13.0+cpu (about 190 MB) into ${cache}`);
    expect(text).toContain('unpacked and verified torch-2.13.0+cpu-cp311');
    expect(text).toContain('the addon is built and loads');
    expect(status).toBe(0);
    expect(readdirSync(cache)).toEqual(['libtorch-2.13.0+cpu']);
    const platform = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    expect(asked()).toMatch(
      new RegExp(
        '^-m pip download --no-deps --retries 0 .*--only-binary=:all: --python-version 3\\.11 ' +
          `--implementation cp --abi cp311 --platform manylinux_2_28_${platform} ` +
          '--extra-index-url https://download\\.pytorch\\.org/whl/cpu torch==2\\.13\\.0\\+cpu$',
      ),
    );
    // The second time it is chosen from the cache.
    const again = runInstall(root, ['--cpu'], { ENAS_TORCH_CACHE: cache });
    expect(again.text).not.toContain('fetching');
    expect(again.text).toContain('the addon is up to date and loads');
  });

  it('takes the zip with all its libraries for CUDA', () => {
    const files = {
      ...libtorchFiles('2.13.0+cu126', { cuda: true, prefix: 'libtorch/' }),
      'libtorch/build-version': '2.13.0+cu126',
    };
    const cache = path.join(scratchFolder(), 'cache');
    const { PATH, asked } = offline(zip(files));
    const env = { PATH, ENAS_TORCH_CACHE: cache };
    const { status, text } = runInstall(scratchPackage(), ['--cuda', '12.6'], env);
    expect(text).toContain('the addon is built and loads (libtorch 2.13.0+cu126');
    expect(status).toBe(0);
    expect(readdirSync(cache)).toEqual(['libtorch-2.13.0+cu126']);
    expect(asked()).toContain(
      ' download https://download.pytorch.org/libtorch/cu126/libtorch-shared-with-deps-2.13.0%2Bcu126.zip ',
    );
  });
});
