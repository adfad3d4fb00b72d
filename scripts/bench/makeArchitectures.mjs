/**
 * `node scripts/bench/makeArchitectures.mjs`: writes `architectures.json`, the architectures that the
 * benchmark runs, sampled by untrained controllers from a seed. The file is kept, so that figures stay
 * comparable when a controller's draws change.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { resolveConfig } from '../../dist/run/config.js';
import { sampleArchitectures } from '../../dist/search/sampleArchs.js';

/** Space and number of architectures of each set; macro's default has 12 layers, micro's 5 blocks. */
const sets = {
  macro: { space: 'macro', count: 8, seed: 1 },
  micro: { space: 'micro', count: 8, seed: 1 },
  recurrent: { space: 'recurrent', count: 4, seed: 1 },
  reward: { space: 'macro', count: 20, seed: 2 },
};

const made = {};
for (const [name, { space, count, seed }] of Object.entries(sets)) {
  const config = resolveConfig({ space, preset: 'paper', config: { seed } });
  made[name] = await sampleArchitectures({ config, count });
}
const lines = Object.entries(made).map(
  ([name, archs]) =>
    `  ${JSON.stringify(name)}: [\n${archs.map((arch) => `    ${JSON.stringify(arch)}`).join(',\n')}\n  ]`,
);
const file = fileURLToPath(new URL('architectures.json', import.meta.url));
writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
