import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { libtorchFiles, scratchFolder, writeTree } from './scratch.ts';

/** Packs files into a torch wheel with a RECORD, as pip downloads it. */
export function wheel(version: string, options: { cuda?: boolean; spoil?: string } = {}): string {
  const folder = writeTree(scratchFolder(), {
    ...libtorchFiles(version, { ...options, prefix: 'torch/' }),
    'torch/__init__.py': 'not taken',
  });
  const file = path.join(folder, `torch-${version}-cp311-cp311-linux_x86_64.whl`);
  const script = `
import base64, hashlib, os, sys, zipfile
folder, file, version, spoil = sys.argv[1:]
with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as out:
    record = []
    for base, _, names in os.walk(os.path.join(folder, 'torch')):
        for name in names:
            path = os.path.relpath(os.path.join(base, name), folder)
            data = open(os.path.join(base, name), 'rb').read()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()
            record.append(f'{path},sha256={digest},{len(data)}')
            out.writestr(path, data + b'!' if path == spoil else data)
    out.writestr(f'torch-{version}.dist-info/RECORD', '\\n'.join(record))
`;
  python(script, folder, file, version, options.spoil ?? '');
  return file;
}

/** Packs files into a zip, under names as given. */
export function zip(files: Record<string, string>): string {
  const file = path.join(scratchFolder(), 'libtorch.zip');
  const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as out:
    for name, text in json.loads(sys.argv[2]).items(): out.writestr(name, text)
`;
  python(script, file, JSON.stringify(files));
  return file;
}

function python(script: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('python3', ['-c', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
