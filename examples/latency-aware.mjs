// More than one objective: as good as can be had for a price, by the reward of MnasNet (Tan et al. 2019)
// with a hard constraint. Up to the target only accuracy counts, beyond it twice the cost is half the reward:
//
//     accuracy × min(1, target / cost)
//
//     node examples/latency-aware.mjs table.json [--targets 30,50,70] [--samples 300]
//
// The table is that of custom-space.mjs; its multiply-adds ("flops", here in millions) stand for the
// latency. A reward function may take its time: measure the latency there. Prints, for each target, the
// architecture found with its accuracy and its cost.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { defineSpace, search } from 'enas-torch';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '300' },
    targets: { type: 'string', default: '30,50,70' },
  },
});
const table = JSON.parse(await readFile(positionals[0], 'utf8'));
const keyOf = (arch) => Object.values(arch).join('');

async function measure(arch) {
  const { mean_acc: accuracy, flops } = table[keyOf(arch)];
  return { accuracy, cost: flops / 1e6 };
}

const keys = Object.keys(table);
const options = Array.from(keys[0], (_, i) => [...new Set(keys.map((key) => key[i]))].sort());
const decisions = Object.fromEntries(options.map((each, i) => [`layer${i + 1}`, each]));

console.log('target  architecture  accuracy   cost');
for (const target of values.targets.split(',').map(Number)) {
  const space = defineSpace({
    name: `within-${target}`,
    decisions,
    async reward(arch) {
      const { accuracy, cost } = await measure(arch);
      return accuracy * Math.min(1, target / cost);
    },
  });
  const { arch } = await search(space, {
    samples: Number(values.samples),
    concurrency: 4,
  }).result();
  const { accuracy, cost } = await measure(arch);
  const [shown, price] = [accuracy.toFixed(2), cost.toFixed(1)];
  console.log(
    `${target}`.padStart(6),
    keyOf(arch).padStart(13),
    shown.padStart(9),
    price.padStart(6),
  );
}
