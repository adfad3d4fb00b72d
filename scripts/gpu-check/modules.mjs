import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What only people read, or other tools. */
const UNNEEDED = /\.(map|md|ts|mts|cts|flow)$/;

/** What a run does not take: it fetches and builds, which is done another way there. */
const LEFT_OUT = ['cmake-js'];

/**
 * Copies the package's modules, with what those need in turn, into `<app>/node_modules`. To them come the
 * Node-API headers for building the addon, and of image decoding the part for this machine.
 */
export function copyModules(packageRoot, app) {
  const own = manifest(packageRoot);
  const image = [`@img/sharp-linux-${process.arch}`, `@img/sharp-libvips-linux-${process.arch}`];
  const wanted = Object.keys(own.dependencies).filter((name) => !LEFT_OUT.includes(name));
  const queue = [...wanted, ...image, 'node-api-headers'].map((name) => ({
    name,
    from: packageRoot,
  }));
  const copied = new Set();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const folder = find(next.name, next.from, packageRoot);
    if (copied.has(folder)) continue;
    copied.add(folder);
    cpSync(folder, path.join(app, path.relative(packageRoot, folder)), {
      recursive: true,
      filter: (file) =>
        !UNNEEDED.test(file) && !path.relative(folder, file).split('/').includes('node_modules'),
    });
    const needs = Object.keys(manifest(folder).dependencies ?? {});
    queue.push(...needs.map((name) => ({ name, from: folder })));
  }
}

/** Where Node would find a module: in a node_modules of the folder or of one above it. */
function find(name, from, packageRoot) {
  for (let at = from; at.startsWith(packageRoot); at = path.dirname(at)) {
    const folder = path.join(at, 'node_modules', name);
    if (existsSync(path.join(folder, 'package.json'))) return folder;
  }
  throw new Error(`${name} is not installed; run npm ci`);
}

function manifest(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
}
