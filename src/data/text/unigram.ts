/**
 * Per-token perplexity of a text under the unigram model of training counts by maximum likelihood,
 * p(w) = count(w) / Σ count. A type with no count has the probability of one that occurs once.
 */
export function unigramPerplexity(tokens: Int32Array, trainCounts: readonly number[]): number {
  const total = trainCounts.reduce((sum, count) => sum + count, 0);
  const nats = trainCounts.map((count) => Math.log(total / Math.max(count, 1)));
  return Math.exp(tokens.reduce((sum, token) => sum + nats[token]!, 0) / tokens.length);
}
