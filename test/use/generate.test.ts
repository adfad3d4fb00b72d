import { describe, expect, it } from 'vitest';
import * as torch from '../../src/torch/index.ts';
import { generate } from '../../src/use/generate.ts';
import { collected } from '../collected.ts';
import { imageModel, logitsAfter, textModel, vocabulary } from './models.ts';

const eos = vocabulary.indexOf('<eos>');
const tokensOf = (words: readonly string[]) => words.map((word) => vocabulary.indexOf(word));

describe('generated words', () => {
  it.each(['', 'the cat', 'cat cat sat\n on the mat'])(
    'after %j are at temperature 0 what one run over the whole text calls most probable',
    (prompt) => {
      const model = textModel();
      const words = [...generate(model, { prompt, tokens: 30, temperature: 0 })];
      expect(words).toHaveLength(30);
      const before = [eos, ...tokensOf(prompt.replace('\n', ' <eos> ').match(/\S+/g) ?? [])];
      const logits = logitsAfter(model, [...before, ...tokensOf(words).slice(0, -1)]);
      const best = logits.map((row) => vocabulary[row.indexOf(Math.max(...row))]);
      expect(best.slice(before.length - 1)).toEqual(words);
      // What follows a word depends on more than the word.
      expect(new Set(words.map((word, i) => `${word} ${words[i + 1]}`)).size).toBeGreaterThan(
        2 + new Set(words).size,
      );
    },
  );

  it('are drawn by the probabilities of one run over the whole text', () => {
    const model = textModel();
    const probable = logitsAfter(model, [eos, ...tokensOf(['the', 'cat'])]).at(-1)!;
    const total = probable.reduce((sum, logit) => sum + Math.exp(logit / 2), 0);
    const counts = vocabulary.map(() => 0);
    const draws = 600;
    for (let seed = 0; seed < draws; seed++) {
      const options = { prompt: 'the cat', tokens: 1, temperature: 2, seed };
      const [word] = generate(model, options);
      counts[vocabulary.indexOf(word!)]!++;
    }
    counts.forEach((count, token) => {
      const share = Math.exp(probable[token]! / 2) / total;
      // Four standard deviations.
      const tolerance = 4 * Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs(count / draws - share)).toBeLessThanOrEqual(tolerance);
    });
  });

  it('are the same for the same seed, and others for another', () => {
    const model = textModel();
    const words = (seed?: number) => [
      ...generate(model, { tokens: 40, ...(seed !== undefined && { seed }) }),
    ];
    expect(words(1)).toEqual(words());
    expect(words(7)).toEqual(words(7));
    expect(words(7)).not.toEqual(words(8));
    const more = [...generate(model, { tokens: 50, seed: 7 })];
    expect(more.slice(0, 40)).toEqual(words(7));
  });

  it('are the most probable ones where they are drawn among one', () => {
    const model = textModel();
    expect([...generate(model, { topK: 1, seed: 3 })]).toEqual([
      ...generate(model, { temperature: 0 }),
    ]);
  });

  it('follow on <unk> where the prompt has a word that is not known', () => {
    const model = textModel();
    const following = (prompt: string) => [...generate(model, { prompt, tokens: 20 })];
    expect(following('the dog')).toEqual(following('the <unk>'));
  });

  it('leave no tensor, neither all of them, nor some, nor none, nor after a failure', () => {
    const model = textModel();
    const before = collected().tensors;
    const held: number[] = [];
    for (const _ of generate(model, { tokens: 20 })) held.push(torch.memory().tensors - before);
    expect(new Set(held)).toEqual(new Set([1]));
    expect(torch.memory().tensors).toBe(before);
    for (const _ of generate(model, { tokens: 20 })) break;
    expect(torch.memory().tensors).toBe(before);
    generate(model);
    expect(torch.memory().tensors).toBe(before);

    const nan = torch.full([8, 5], Number.NaN);
    const { graph, lookup, dtype } = model.network;
    const network = {
      graph,
      dtype,
      lookup: (name: string) => (name === 'head/weight' ? nan : lookup(name)),
    };
    expect(() => [...generate({ ...model, network })]).toThrow(
      expect.objectContaining({
        code: 'ERR_RUN',
        message: expect.stringMatching(/^runs\/a: expected a network with finite outputs, got NaN/),
      }),
    );
    nan.dispose();
    expect(torch.memory().tensors).toBe(before);
  });
});

describe('before the first word is asked for', () => {
  it.each([
    [{ tokens: 0 }, /^generate: tokens: expected an integer of at least 1, got 0$/],
    [{ tokens: 1.5 }, /^generate: tokens: /],
    [{ temperature: -0.1 }, /^generate: temperature: expected a finite number of at least 0/],
    [{ temperature: Number.NaN }, /^generate: temperature: /],
    [{ temperature: Number.POSITIVE_INFINITY }, /^generate: temperature: /],
    [{ topK: 0 }, /^generate: topK: /],
    [{ seed: -1 }, /^generate: seed: /],
  ])('%j is refused', (options, message) => {
    expect(() => generate(textModel(), options)).toThrow(
      expect.objectContaining({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) }),
    );
  });

  it('a model for images is refused, and a word that cannot be read', () => {
    expect(() => generate(imageModel())).toThrow(
      'generate: expected a model for text, got runs/a, which is one for images; use predict',
    );
    const model = textModel(['a', '<eos>', 'b']);
    expect(() => generate(model, { prompt: 'c' })).toThrow(/^prompt: expected words of/);
  });
});
