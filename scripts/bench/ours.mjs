/**
 * One of our sides of `npm run bench`, as a process of its own: `ours.mjs <folder> <precision>`. It
 * speaks as `python/contender.py` does. The steps are the library's: the ω phase of a search session, in
 * which only what the controller draws is replaced by the architectures that are asked for.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const [folder, precision] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(path.join(folder, 'spec.json'), 'utf8'));
const file = { step: 'steps', reward: 'rewards', controller: 'updates', operators: 'operators' };
const { start } = await import(`./ours/${file[spec.kind]}.mjs`);
const torch = await import('../../dist/torch/index.js');

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const runner = start(spec, folder, precision);
answer({ first: runner.first(), torch: torch.version, threads: torch.getNumThreads() });
for await (const line of createInterface({ input: process.stdin })) {
  const space = line.indexOf(' ');
  answer(await runner[line.slice(0, space)](JSON.parse(line.slice(space + 1))));
}
