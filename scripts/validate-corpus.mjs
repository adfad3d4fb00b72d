/**
 * How hard the built-in text is: test perplexity of a unigram and a bigram model, of a small
 * recurrent model trained from scratch, and an upper bound of what is reached by one who knows its
 * grammar. Needs `npm run build`.
 *
 *   --text <spec>     another text: text:<folder>
 *   --epochs <n>      for the recurrent model (8)
 *   --hidden <n>      of the recurrent model (128)
 *   --lr <x>          its learning rate, halved each epoch from the middle on (10)
 */
import { parseArgs } from 'node:util';
import { loadText } from '../dist/data/load.js';
import { builtinTextSizes, builtinTextSplit } from '../dist/data/text/builtin.js';
import { GraphBuilder } from '../dist/graph/builder.js';
import { ParameterDictionary } from '../dist/learning/parameters.js';
import { TextLearner } from '../dist/learning/text.js';
import { Streams } from '../dist/random/streams.js';

const { values: options } = parseArgs({
  options: {
    text: { type: 'string', default: 'builtin' },
    epochs: { type: 'string', default: '8' },
    hidden: { type: 'string', default: '128' },
    lr: { type: 'string', default: '10' },
  },
});
const epochs = Number(options.epochs);
const hidden = Number(options.hidden);
const streams = new Streams(1);

const dataset = await loadText(options.text);
const vocabulary = dataset.vocabulary.length;
const { train, valid, test, unigramPerplexity } = dataset;
const [trainTokens, validTokens, testTokens] = [train, valid, test].map((split) =>
  Array.from(split.toTypedArray(), Number),
);
console.log(
  `${dataset.name}: ${vocabulary} types, ${trainTokens.length} / ${validTokens.length} / ${testTokens.length} tokens`,
);
console.log(`unigram: test perplexity ${unigramPerplexity.test.toFixed(1)}`);

/** p(w | v) = (1 − λ)·count(v w)/count(v) + λ·p(w), the λ of a few that is best on the validation text. */
function bigramPerplexity() {
  const counts = new Float64Array(vocabulary);
  const pairs = new Map();
  trainTokens.forEach((token, i) => {
    counts[token] += 1;
    const pair = (trainTokens[i - 1] ?? 0) * vocabulary + token;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  });
  const perplexity = (tokens, lambda) => {
    let nats = 0;
    for (let i = 1; i < tokens.length; i++) {
      const [before, token] = [tokens[i - 1], tokens[i]];
      const seen = (pairs.get(before * vocabulary + token) ?? 0) / Math.max(counts[before], 1);
      const unigram = Math.max(counts[token], 1) / trainTokens.length;
      nats -= Math.log((1 - lambda) * seen + lambda * unigram);
    }
    return Math.exp(nats / (tokens.length - 1));
  };
  const lambdas = [0.01, 0.03, 0.1, 0.2, 0.3, 0.5];
  const best = lambdas
    .map((lambda) => [perplexity(validTokens, lambda), lambda])
    .sort(([a], [b]) => a - b)[0][1];
  return perplexity(testTokens, best);
}
console.log(`bigram: test perplexity ${bigramPerplexity().toFixed(1)}`);

/** One time step: two highway units one after the other (Zilly et al. 2017), softmax tied with the embedding. */
function recurrent() {
  const g = new GraphBuilder();
  const init = { kind: 'uniform', low: -0.05, high: 0.05 };
  const token = g.input([]);
  const x = g.embedding(token, { name: 'embedding', vocabulary, size: hidden, init });
  const h = g.state([hidden], { name: 'h' });
  const first = g.highway(g.gates(g.concat([x, h]), { name: 'unit1', out: hidden, init }), {
    activation: 'tanh',
    carry: h,
  });
  const next = g.highway(g.gates(first, { name: 'unit2', out: hidden, init }), {
    activation: 'relu',
    carry: first,
  });
  const head = { name: 'head', out: vocabulary, weight: 'embedding/weight', bias: false, init };
  const logits = g.linear(next, head);
  return g.build({ logits, hidden: next }, { states: { h: next } });
}

const graph = recurrent();
const names = graph.parameters.map(({ name }) => name);
const parameters = new ParameterDictionary(graph, {
  device: 'cpu',
  streams,
  stream: 'init',
  momentum: false,
});
const network = { graph, lookup: parameters.lookup };
const learner = new TextLearner(dataset, {
  streams,
  device: 'cpu',
  batch: 32,
  rewardBatch: 32,
  rewardScale: 80,
  bptt: 35,
  bpttJitter: false,
  activationReg: 0,
  temporalActivationReg: 0,
  stream: 'train',
  states: { h: [hidden] },
});
const steps = learner.stepsIn(1);
const began = performance.now();
for (let epoch = 1; epoch <= epochs; epoch++) {
  const lr = Number(options.lr) * 0.5 ** Math.max(0, epoch - epochs / 2);
  let nats = 0;
  for (let index = 0; index < steps; index++) {
    const step = (epoch - 1) * steps + index;
    parameters.zeroGrad(names);
    nats += learner.learn([network], { epoch, index, step, progress: 0 }).loss;
    const sgd = { momentum: 0, weightDecay: 0, clipNorm: 0.25 };
    parameters.step(names, { lr, ...sgd });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const { perplexity } = learner.evaluate(network, 'valid');
  console.log(
    `recurrent, epoch ${epoch}: training perplexity ${Math.exp(nats / steps).toFixed(2)}, ` +
      `validation ${perplexity.toFixed(2)} (${seconds} s)`,
  );
}
console.log(
  `recurrent: test perplexity ${learner.evaluate(network, 'test').perplexity.toFixed(2)}`,
);

if (options.text === 'builtin') {
  const { nats } = await builtinTextSplit(0, 'test', builtinTextSizes.test);
  console.log(`grammar: test perplexity at most ${Math.exp(nats).toFixed(2)}`);
}
