// More than one objective with a space that is built in: children that are right, and small.
//
//     accuracy − λ × parameters
//
//     node examples/small-children.mjs [--lambda 2e-6] [--epochs 2] [--train-limit 2000]
//
// A reward of one's own is a function, which stays in this thread: hence `inProcess`. Prints after each
// epoch what the sampled children had, and the architecture found.
import { parseArgs } from 'node:util';
import { search } from 'enas-torch';

const { values } = parseArgs({
  options: {
    lambda: { type: 'string', default: '2e-6' },
    epochs: { type: 'string', default: '2' },
    'train-limit': { type: 'string' },
  },
});
const lambda = Number(values.lambda);
const limit = values['train-limit'];
const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

let sampled = [];
const job = search(
  {
    space: 'macro',
    flags: { epochs: Number(values.epochs), ...(limit && { trainLimit: Number(limit) }) },
  },
  {
    inProcess: true,
    reward({ accuracy, parameters }) {
      sampled.push({ accuracy, parameters });
      return accuracy - lambda * parameters;
    },
  },
);

console.log('epoch  accuracy  parameters  (means over the sampled children)');
for await (const event of job) {
  if (event.type !== 'epoch:end') continue;
  const accuracy = mean(sampled.map((child) => child.accuracy)).toFixed(3);
  const parameters = Math.round(mean(sampled.map((child) => child.parameters)));
  console.log(`${event.epoch}`.padStart(5), accuracy.padStart(9), `${parameters}`.padStart(11));
  sampled = [];
}
const { run, reward, arch } = await job.result();
console.log(`best reward ${reward.toFixed(3)}, kept in ${run}`);
console.log(JSON.stringify(arch));
