import path from 'node:path';
import { expect, it } from 'vitest';
import { loadAddonFrom } from '../../src/torch/load.ts';
import { builtPackage, fakeLibtorch, scratchFolder, shareLibrary, writeTree } from './scratch.ts';

// In a file of its own: what the dynamic linker has taken, the process keeps.
it('tells when the dynamic linker took another libtorch than the one built against', () => {
  const other = fakeLibtorch(scratchFolder(), '2.12.0+cpu');
  const source = path.join(writeTree(scratchFolder(), { 'empty.cc': '' }), 'empty.cc');
  const library = path.join(other, 'lib/libtorch_cpu.so');
  shareLibrary(source, library);
  const { root } = builtPackage(['-Wl,--no-as-needed', library, `-Wl,-rpath,${other}/lib`]);
  expect(() => loadAddonFrom(root, { PATH: '/nowhere' })).toThrow(
    `libtorch 2.12.0+cpu at ${other} was loaded, but it was built against 2.13.0+cpu; LD_LIBRARY_PATH may name it`,
  );
});
