import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  fakeLibtorch,
  pathWith,
  runInstall,
  scratchFolder,
  scratchPackage,
  writeTree,
} from './scratch.ts';

/** A program that prints `text` and ends with `status`. */
function program(folder: string, name: string, text: string, status = 0): void {
  writeTree(folder, { [name]: `#!/bin/sh\necho '${text}'\nexit ${status}\n` });
  chmodSync(path.join(folder, name), 0o755);
}

function install(PATH: string, env: Record<string, string> = {}) {
  return runInstall(scratchPackage(), [], { ENAS_TORCH_CACHE: scratchFolder(), PATH, ...env });
}

/** The one message: what is missing and the line that mends it. */
function complaint(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.includes('no libtorch:'));
}

describe('what is missing is said in one message with the command that mends it', () => {
  it('nothing but a shell: compiler, CMake, make, Python and pip at once', () => {
    const { status, text } = install(pathWith('sh'));
    expect(status).toBe(1);
    expect(complaint(text)).toEqual([
      'enas-torch: Building the addon needs a C++ compiler (g++ or clang++), CMake, make (or ninja), Python 3 with pip: not found.',
      expect.stringMatching(
        /^enas-torch: {3}→ (sudo )?apt-get update && (sudo )?apt-get install -y g\+\+ cmake make python3 python3-pip$/,
      ),
    ]);
  });

  it('Python and pip are not asked for where libtorch is there', () => {
    const LIBTORCH = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    const { status, text } = install(pathWith('sh', 'make'), { LIBTORCH });
    expect(status).toBe(1);
    expect(complaint(text)[0]).toBe(
      'enas-torch: Building the addon needs a C++ compiler (g++ or clang++), CMake: not found.',
    );
  });

  it('Python without pip', () => {
    const PATH = pathWith('sh', 'g++', 'cmake', 'make');
    program(PATH, 'python3', '', 1);
    const { status, text } = install(PATH);
    expect(status).toBe(1);
    expect(complaint(text)).toEqual([
      "enas-torch: Building the addon needs Python's pip: not found.",
      expect.stringMatching(/apt-get install -y python3-pip$/),
    ]);
  });

  it('a compiler and a CMake that are too old', () => {
    const PATH = pathWith('sh', 'make');
    program(PATH, 'g++', '9.4.0');
    program(PATH, 'cmake', 'cmake version 3.10.2');
    const LIBTORCH = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    const { status, text } = install(PATH, { LIBTORCH });
    expect(status).toBe(1);
    expect(complaint(text)[0]).toBe(
      `enas-torch: Building the addon needs g++ 11 or newer (${PATH}/g++ is 9.4.0), CMake 3.18 or newer (${PATH}/cmake is 3.10.2): not found.`,
    );
  });

  it('a compiler that CXX names and that is not there', () => {
    const LIBTORCH = fakeLibtorch(scratchFolder(), '2.13.0+cpu');
    const { text } = install(pathWith('sh', 'make', 'cmake', 'g++'), { LIBTORCH, CXX: 'g++-99' });
    expect(complaint(text)[0]).toContain('the C++ compiler that CXX names (g++-99): not found');
  });

  it('a wrong LIBTORCH, before anything else', () => {
    const { status, text } = install(pathWith('sh'), { LIBTORCH: '/nowhere' });
    expect(status).toBe(1);
    expect(complaint(text)[0]).toBe('enas-torch: LIBTORCH names /nowhere: no such directory.');
  });

  it('a pip that cannot download: its reason, and the ways round', () => {
    const PATH = pathWith('sh', 'g++', 'cmake', 'make');
    writeTree(PATH, {
      python3: `#!/bin/sh
case "$*" in
  *download*) echo 'ERROR: No matching distribution found for torch' >&2; exit 1;;
esac
`,
    });
    chmodSync(path.join(PATH, 'python3'), 0o755);
    const { status, text } = install(PATH);
    expect(status).toBe(1);
    expect(text).toContain('pip: ERROR: No matching distribution found for torch');
    expect(text).toContain('2.13.0+cpu could not be downloaded');
    expect(text).toContain('npx enas-torch setup --from');
    expect(text).toContain('export LIBTORCH=');
  });

  it('an option that does not exist', () => {
    const { status, text } = runInstall(scratchPackage(), ['--frm', 'x'], {});
    expect(status).toBe(1);
    expect(text).toContain("Unknown option '--frm'");
    expect(text).toContain('--cpu, --cuda <version>, --from <path>');
  });
});
