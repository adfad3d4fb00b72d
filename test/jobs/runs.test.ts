import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClockField } from '../../src/run/events.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { built, tiny, tinySearch } from './built.ts';

const { search, train, evaluate, predict, readRunConfig } = built;

const newRun = () => join(temporaryFolder(), 'run');

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The lines of a run's metrics without what depends on the clock. */
const metricsOf = (run: string) =>
  readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line, (key, value) => (isClockField(key) ? undefined : value)));

describe('a search as a job', () => {
  it('gives its events from a thread of its own, its progress and the best architecture', async () => {
    const out = newRun();
    const job = search(tinySearch, { out });
    expect([job.run, job.progress.phase]).toEqual([out, 'loading']);
    const phases = new Set<string>();
    const types: string[] = [];
    for await (const event of job) {
      types.push(event.type);
      phases.add(job.progress.phase);
    }
    expect(types.filter((type) => type === 'child:step')).toHaveLength(20);
    expect(types.at(-1)).toBe('done');
    expect([...phases]).toEqual(expect.arrayContaining(['omega', 'theta', 'derive', 'done']));
    const best = await job.result();
    expect(best).toMatchObject({ run: out, arch: expect.anything(), reward: expect.any(Number) });
    expect(job.progress).toMatchObject({ phase: 'done', epoch: 2, epochs: 2, share: 1 });
  });

  it('leaves the thread that began it free', async () => {
    const job = search(tinySearch, { out: newRun() });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await job.result();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(100);
  });

  it('is in process what it is in a thread, and takes a data set there', async () => {
    const [there, here, own] = [newRun(), newRun(), newRun()];
    await search(tinySearch, { out: there }).result();
    await search(tinySearch, { out: here, inProcess: true }).result();
    expect(metricsOf(here)).toEqual(metricsOf(there));
    const dataset = { ...(await built.loadImages('builtin', { trainLimit: 64 })), name: 'mine' };
    await search(tinySearch, { out: own, inProcess: true, dataset }).result();
    expect(metricsOf(own)[0]).toMatchObject({ type: 'run:start', data: 'mine' });
    expect(() => search(tinySearch, { dataset })).toThrow(/search: inProcess: expected true/);
  });

  it('stopped by its signal and resumed, equals the one never stopped, and once ended is told again', async () => {
    const [stopped, whole] = [newRun(), newRun()];
    const controller = new AbortController();
    const job = search(tinySearch, { out: stopped, signal: controller.signal });
    let steps = 0;
    const events = collect(
      (async function* () {
        for await (const event of job) {
          if (event.type === 'child:step' && ++steps === 13) controller.abort('enough');
          yield event;
        }
      })(),
    );
    await expect(events).rejects.toMatchObject({ name: 'AbortError', cause: 'enough' });
    await expect(job.result()).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(existsSync(join(stopped, 'lock'))).toBe(false);

    const resumed = search(tinySearch, { out: stopped, resume: true });
    const [, second] = await collect(resumed);
    expect(second).toMatchObject({ type: 'run:resume' });
    const begun = search(readRunConfigOf(tinySearch), { out: whole, resume: true });
    const { run: _, ...best } = await begun.result();
    expect(await resumed.result()).toMatchObject(best);
    expect(metricsOf(stopped)).toEqual(metricsOf(whole));

    const again = search(readRunConfig(whole), { out: whole, resume: true });
    expect(await collect(again)).toEqual([]);
    expect(await again.result()).toMatchObject(best);
  });

  it('refuses at once a configuration or an option that is wrong', () => {
    expect(() => search({ space: 'makro' })).toThrow(/did you mean macro/);
    expect(() => search({}, { ouf: 'x' } as never)).toThrow(/did you mean out/);
    expect(() => search({}, { signal: 'stop' } as never)).toThrow(
      /signal: expected an AbortSignal/,
    );
    expect(() => search({}, { inProcess: 1 } as never)).toThrow(/inProcess: expected true or/);
    expect(() => search({}, { heapMb: Number.NaN })).toThrow(/heapMb: expected an integer/);
    expect(() => search({}, { out: '' })).toThrow(/search: out/);
    expect(() => search({}, { reward: 3 } as never)).toThrow(/reward: expected a function/);
    expect(() => search({}, { reward: () => 0 })).toThrow(/inProcess: expected true with a reward/);
    expect(() => search({}, { resume: true })).toThrow(/search: out: expected the folder/);
    expect(() => search({ ...readRunConfigOf(tinySearch), seed: -1 })).toThrow(/search: seed/);
  });

  it('fails alone, with the error of what went wrong and nothing left behind', async () => {
    const out = newRun();
    const missing = { ...tiny, flags: { ...tiny.flags, data: 'images:/nowhere' } };
    const job = search(missing, { out });
    await expect(collect(job)).rejects.toMatchObject({ name: 'EnasTorchError', code: 'ERR_DATA' });
    await expect(job.result()).rejects.toThrow(/nowhere/);
    expect(existsSync(out)).toBe(false);

    const taken = temporaryFolder();
    writeFileSync(join(taken, 'letter'), 'kept');
    await expect(search(tinySearch, { out: taken }).result()).rejects.toThrow(/holds letter/);
    expect(readFileSync(join(taken, 'letter'), 'utf8')).toBe('kept');
  });

  it('refuses a run of another configuration, and one that is under way', async () => {
    const out = newRun();
    const first = search(tinySearch, { out });
    for await (const event of first) if (event.type === 'child:step') break;
    const second = search(tinySearch, { out, resume: true });
    await expect(second.result()).rejects.toMatchObject({
      code: 'ERR_RUN',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    await first.result();
    const other = search(tiny, { out, resume: true });
    await expect(other.result()).rejects.toThrow(/expected a run of the configuration given/);
  });

  it('that runs out of heap lets go of its run, which can be resumed in the same process', async () => {
    const out = newRun();
    const starved = search(tinySearch, { out, heapMb: 12 });
    await expect(starved.result()).rejects.toMatchObject({ code: 'ERR_OUT_OF_MEMORY' });
    expect(existsSync(join(out, 'lock'))).toBe(false);
    await search(tinySearch, { out, resume: true }).result();
  });
});

function readRunConfigOf(sources: typeof tinySearch) {
  return built.resolveConfig(sources);
}

describe('training, evaluation and prediction as jobs', () => {
  it('follow one another on what the search found', async () => {
    const { arch } = await search(tinySearch, { out: newRun() }).result();
    const config = { space: { name: 'macro' }, arch };
    const training = train({ ...tiny, config }, { out: newRun() });
    const events = await collect(training);
    expect(events.at(-1)).toMatchObject({ type: 'train:done' });
    const trained = await training.result();
    expect(trained).toMatchObject({ run: training.run, testAccuracy: expect.any(Number) });

    const evaluation = evaluate(training.run, { device: 'cpu' });
    const seen = await collect(evaluation);
    expect(seen.map(({ type }) => type)).toEqual([
      'evaluate:start',
      ...seen.slice(2).map(() => 'evaluate:minibatch'),
      'evaluate:done',
    ]);
    expect(evaluation.progress.done).toBe(evaluation.progress.total);
    const { evaluation: score } = await evaluation.result();
    expect(score).toMatchObject({ accuracy: (trained as { testAccuracy: number }).testAccuracy });

    const broken = join(temporaryFolder(), 'broken.png');
    writeFileSync(broken, 'no image');
    const prediction = predict(training.run, [broken], { device: 'cpu', top: 1 });
    expect((await collect(prediction)).map(({ type }) => type)).toEqual([
      'predict:start',
      'predict:image',
      'predict:done',
    ]);
    expect(await prediction.result()).toMatchObject([
      { file: broken, error: { code: 'ERR_DATA' } },
    ]);
    expect(prediction.progress).toEqual({ done: 1, total: 1 });
  });

  it('are refused at once or fail with a clear error', async () => {
    expect(() => train(tiny)).toThrow(/arch/);
    expect(() => evaluate('')).toThrow(/evaluate: run: expected a string/);
    expect(() => evaluate('x', { split: 'train' as never })).toThrow(/one of valid, test/);
    expect(() => predict('x', [])).toThrow(/predict: images/);
    expect(() => predict('x', ['y'], { top: 0 })).toThrow(/predict: top/);
    await expect(evaluate('nowhere').result()).rejects.toMatchObject({ code: 'ERR_RUN' });
  });
});
