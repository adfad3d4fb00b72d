// A search space of one's own: the controller against random search, on a table that says how good each
// architecture is.
//
//     node examples/custom-space.mjs table.json [--samples 300] [--seeds 20] [--first 1]
//
// The table is a JSON object such as that of NAS-Bench-Macro (Su et al. 2021), { "02012100": { "mean_acc":
// 89.2 }, … }: a digit for each decision. Neither scores an architecture twice. Prints the best that each has found,
// seed by seed, then the means, who has won, and how probable so many wins are by chance.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { defineSpace, search } from 'enas-torch';
import { counts, signTest, wilcoxonTest } from './statistics.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    samples: { type: 'string', default: '300' },
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
  },
});
const table = JSON.parse(await readFile(positionals[0], 'utf8'));
const keys = Object.keys(table);
const samples = Number(values.samples);

// One decision for each digit, each of all the options that the table has there.
const options = Array.from(keys[0], (_, i) => [...new Set(keys.map((key) => key[i]))].sort());
const space = defineSpace({
  name: 'table',
  decisions: Object.fromEntries(options.map((each, i) => [`layer${i + 1}`, each])),
  reward: (arch) => table[Object.values(arch).join('')].mean_acc,
});

/** The best of as many architectures drawn by chance, no two of them the same. */
function randomSearch(seed) {
  const place = (key) => createHash('sha256').update(`${seed} ${key}`).digest('hex');
  const places = new Map(keys.map((key) => [key, place(key)]));
  const drawn = keys.toSorted((a, b) => (places.get(a) < places.get(b) ? -1 : 1)).slice(0, samples);
  return Math.max(...drawn.map((key) => table[key].mean_acc));
}

const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

const found = [];
console.log('seed  controller  random');
for (let i = 0; i < Number(values.seeds); i++) {
  const seed = Number(values.first) + i;
  const { reward: controller } = await search(space, { samples, seed }).result();
  const random = randomSearch(seed);
  found.push({ controller, random });
  console.log(
    `${seed}`.padStart(4),
    controller.toFixed(3).padStart(11),
    random.toFixed(3).padStart(7),
  );
}

const differences = found.map(({ controller, random }) => controller - random);
const [wins, losses] = counts(differences);
console.log(`best of ${samples}, mean over seeds`);
console.log(`  controller   ${mean(found.map(({ controller }) => controller)).toFixed(3)}`);
console.log(`  random       ${mean(found.map(({ random }) => random)).toFixed(3)}`);
console.log(`  whole table  ${Math.max(...keys.map((key) => table[key].mean_acc)).toFixed(3)}`);
console.log(`controller wins ${wins}, loses ${losses}, of ${found.length}`);
console.log(`sign test p = ${signTest(differences).toPrecision(2)}`);
console.log(`Wilcoxon p = ${wilcoxonTest(differences).toPrecision(2)}`);
