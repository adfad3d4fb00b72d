import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { describeTried, resolveLibtorch } from '../../libtorch.mjs';
import { findCompiler, findProgram } from '../../setup/tools.mjs';
import { demandSuccess, run } from './run.mjs';

/** Builds the addon by plain CMake against the libtorch that is here, and puts it in its place. */
export async function build({ app, work, device, seconds }) {
  const { found, failure, tried } = resolveLibtorch();
  if (found === null) throw new Error(failure ?? describeTried(tried).join('; '));
  if (device !== 'cpu' && !found.cuda) throw new Error(`${found.root} is a CPU build of libtorch`);
  const compiler = findCompiler();
  if (compiler === undefined) throw new Error('no C++ compiler is on the PATH');
  const tree = path.join(work, 'build');
  const configure = [
    '-S',
    app,
    '-B',
    tree,
    `-DLIBTORCH=${found.root}`,
    '-DCMAKE_BUILD_TYPE=Release',
  ];
  configure.push(`-DCMAKE_JS_INC=${path.join(app, 'node_modules/node-api-headers/include')}`);
  configure.push(`-DCMAKE_CXX_COMPILER=${compiler.path}`);
  if (findProgram('ninja') !== undefined) configure.push('-G', 'Ninja');
  const configured = await run('cmake', configure, { seconds });
  demandSuccess('configuring', configured);
  const jobs = String(availableParallelism());
  demandSuccess('building', await run('cmake', ['--build', tree, '-j', jobs], { seconds }));
  const release = path.join(app, 'build', 'Release');
  mkdirSync(release, { recursive: true });
  copyFileSync(
    path.join(tree, 'Release', 'enas_torch.node'),
    path.join(release, 'enas_torch.node'),
  );
  const built = {
    version: found.version,
    path: found.root,
    cuda: found.cuda,
    cxx11Abi: readFileSync(path.join(found.root, 'lib/libc10.so')).includes(
      '__cxx1112basic_string',
    ),
    compiler: `${compiler.name} ${compiler.version}`,
    node: process.version,
  };
  writeFileSync(path.join(release, 'built-against.json'), JSON.stringify(built));
  const cuda = /native\/cuda with (.+)/.exec(configured.stdout)?.[1] ?? null;
  if (device !== 'cpu' && cuda === null) {
    throw new Error(`native/cuda was left out: ${configured.stderr.slice(0, 500)}`);
  }
  return { ok: true, libtorch: built, cuda, source: found.source };
}
