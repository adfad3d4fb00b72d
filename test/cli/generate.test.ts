import { afterEach, expect, test, vi } from 'vitest';
import { generate } from '../../src/use/generate.ts';
import { imageModel, textModel } from '../use/models.ts';
import { run } from './commandLine.ts';

// Where the model comes from is not what is tested here.
vi.mock('../../src/run/trainedRun.ts', () => ({ trainedRun: (path: string) => path }));
const asked: unknown[] = [];
vi.mock('../../src/train/model.ts', () => ({
  loadModel: async (path: string, options: unknown) => {
    asked.push(options);
    return path === 'runs/images' ? imageModel() : textModel();
  },
}));
afterEach(() => void asked.splice(0));

/** Words as the command is to print them. */
const text = (words: readonly string[]) => words.join(' ').replaceAll(/ ?<eos> ?/g, '\n');

test('the prompt and what follows it are printed, a line end for each <eos>', async () => {
  const { code, stdout, stderr } = await run(['generate', 'runs/a', '--prompt', 'the cat\nsat on']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const words = [...generate(textModel(), { prompt: 'the cat\nsat on' })];
  expect(words).toHaveLength(100);
  expect(words).toContain('<eos>');
  expect(stdout).toBe(`${text(['the', 'cat', '<eos>', 'sat', 'on', ...words])}\n`);
  expect(asked).toEqual([{ device: undefined, precision: undefined }]);
});

test('a text that ends a line gets no second line end; without a prompt a sentence begins', async () => {
  const model = textModel();
  const all = [...generate(model)];
  const tokens = all.indexOf('<eos>') + 1;
  expect(tokens).toBeGreaterThan(1);
  const { stdout } = await run(['generate', 'runs/a', '--tokens', String(tokens)]);
  expect(stdout).toBe(`${all.slice(0, tokens - 1).join(' ')}\n`);
});

test('every option is heeded', async () => {
  const options = { prompt: 'a', tokens: 20, temperature: 1.5, topK: 3, seed: 7 };
  const flags = ['--prompt', 'a', '--tokens', '20', '--temperature', '1.5', '--top-k', '3'];
  const words = [
    'generate',
    'runs/a',
    ...flags,
    '--seed',
    '7',
    '--device',
    'cpu',
    '--precision',
    'bf16',
    '--json',
  ];
  const { stdout } = await run(words);
  const expected = [...generate(textModel(), options)];
  expect(JSON.parse(stdout)).toEqual({
    prompt: 'a',
    unknown: [],
    seed: 7,
    words: expected,
    text: text(expected),
  });
  expect(stdout.trimEnd()).not.toContain('\n');
  expect(asked).toEqual([{ device: 'cpu', precision: 'bf16' }]);
  expect((await run(words)).stdout).toBe(stdout);
  const greedy = await run(['generate', 'runs/a', '--temperature', '0', '--json']);
  expect(JSON.parse(greedy.stdout).words).toEqual([...generate(textModel(), { temperature: 0 })]);
});

test('words that are not known are named on standard error', async () => {
  const words = ['generate', 'runs/a', '--prompt', 'the dog and the fox and', '--tokens', '2'];
  const { code, stdout, stderr } = await run(words);
  expect(code).toBe(0);
  expect(stderr).toBe('warning: not in the vocabulary, read as <unk>: dog, and, fox\n');
  expect(stdout).toMatch(/^the dog and the fox and/);
  const json = JSON.parse((await run([...words, '--json'])).stdout);
  expect(json.unknown).toEqual(['dog', 'and', 'fox']);
});

test('a model of the other kind is refused, with the command it is for', async () => {
  expect(await run(['generate', 'runs/images'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: generate: expected a model for text, got runs/a, which is one for images; use predict\n',
  });
  expect(await run(['predict', 'runs/text', 'none.png'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: predict: expected a model for images, got runs/a, which is one for text; use generate\n',
  });
});

test.each([
  [['--tokens', '0'], '--tokens: expected an integer of at least 1, got 0'],
  [['--temperature', '-1'], '--temperature: expected a number of at least 0, got -1'],
  [['--temperature', 'hot'], '--temperature: expected a number of at least 0, got "hot"'],
  [['--top-k', '0'], '--top-k: expected an integer of at least 1, got 0'],
  [['--seed', '1.5'], '--seed: expected an integer of at least 0, got 1.5'],
])('%j is refused before anything is loaded', async (words, message) => {
  const outcome = await run(['generate', 'runs/a', ...words]);
  expect(outcome).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
  expect(asked).toEqual([]);
});
