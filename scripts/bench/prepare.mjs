/**
 * `prepare.mjs <case> <folder> <device>`: writes what all contenders of a case start from, as a process
 * of its own so that none of them has what this takes in its peak of memory. `spec.json` says what is to
 * be run, `data.safetensors` is our data set, `batches.safetensors` the minibatches that our side makes
 * of it (`inputs0`, `targets0`, …), `weights.safetensors` the first values of all parameters.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Batches } from '../../dist/data/batches.js';
import { TextBatches } from '../../dist/data/text/batches.js';
import { counts } from '../../dist/graph/counts.js';
import { Streams } from '../../dist/random/streams.js';
import { createSession } from '../../dist/search/session.js';
import * as torch from '../../dist/torch/index.js';
import { cases } from './cases.mjs';
import { configure } from './configure.mjs';
import { imageDataset, images, textDataset, tokens } from './data.mjs';

const [name, folder, device] = process.argv.slice(2);
const chosen = cases[name];
const all = JSON.parse(readFileSync(new URL('architectures.json', import.meta.url), 'utf8'));
const { config, exact } = configure(chosen, { device, precision: 'fp32' });
const { omega, theta } = config.search;
const streams = new Streams(exact.seed);
const isText = chosen.vocabulary !== undefined;
const steps = chosen.steps ?? 1;

const architectures = all[chosen.architectures];
const tensors = isText ? textTensors() : imageTensors();
const dataset = isText ? textDataset(tensors, chosen.vocabulary) : imageDataset(tensors);
const session = createSession(exact, dataset, 'cpu');
const file = (of) => path.join(folder, of);

torch.saveSafetensors(file('data.safetensors'), tensors);
torch.saveSafetensors(file('batches.safetensors'), minibatches());
torch.saveSafetensors(
  file('weights.safetensors'),
  chosen.kind === 'controller'
    ? Object.fromEntries(session.controller.theta)
    : session.shared.values(),
);
writeFileSync(file('spec.json'), JSON.stringify(spec()));
process.stdout.write('null\n');

function imageTensors() {
  const train = images(streams.draw('benchmark/train'), steps * omega.batch);
  const valid = images(streams.draw('benchmark/valid'), architectures.length * theta.rewardBatch);
  return {
    trainImages: train.images,
    trainLabels: train.labels,
    validImages: valid.images,
    validLabels: valid.labels,
  };
}

function textTensors() {
  const draw = streams.draw('benchmark/text');
  const length = omega.batch * (steps * config.data.bptt + 1);
  return {
    train: tokens(draw, length, chosen.vocabulary),
    valid: tokens(draw, length, chosen.vocabulary),
  };
}

/** Of the first epoch, or the one that rewards are of. */
function minibatches() {
  const batches = isText ? new TextBatches(dataset, streams) : new Batches(dataset, streams);
  const made = {};
  const put = (index, { images, labels, inputs = images, targets = labels }) => {
    made[`inputs${index}`] = inputs;
    made[`targets${index}`] = targets;
  };
  if (chosen.kind === 'reward') {
    for (const index of architectures.keys()) put(index, batches.reward(index, theta.rewardBatch));
    return made;
  }
  if (chosen.kind === 'controller') return made;
  const pass = isText
    ? batches.train(1, { columns: omega.batch, bptt: config.data.bptt })
    : batches.train(1, omega.batch);
  for (let index = 0; index < steps; index++) put(index, pass.at(index));
  return made;
}

function spec() {
  const { space, learner } = session;
  const { momentum, weightDecay, clipNorm, lr } = exact.search.omega;
  const examples = chosen.kind === 'reward' ? theta.rewardBatch : omega.batch;
  const choices = architectures.map((arch) => space.encode(arch));
  return {
    case: name,
    kind: chosen.kind,
    space: chosen.space,
    device,
    options: config.space.options,
    task: learner.task,
    architectures,
    /** Of each step of the comparison, its architecture. */
    compared: Array.from({ length: steps }, (_, i) => i % architectures.length),
    sgd: { lr: lr.max ?? lr.initial, momentum, weightDecay, clipNorm },
    theta,
    decisions: space.decisions,
    /** By decision, of each architecture. */
    choices: space.decisions.map((_, d) => choices.map((choice) => choice[d])),
    /** Images or tokens of a step. */
    count: isText ? examples * config.data.bptt : examples,
    /** Multiply-adds of one image or token, forward, of each architecture. */
    multiplyAdds: architectures.map((arch) => counts(space.child(arch, learner.task)).multiplyAdds),
  };
}
