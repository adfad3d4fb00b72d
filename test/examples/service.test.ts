import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Spawned } from '../cli/spawned.ts';
import { temporaryFolder } from '../run/temporary.ts';
import { begin } from './running.ts';

/** A search of about a second. */
const tinySearch = {
  space: 'macro',
  flags: { epochs: 2, batch: 16, trainLimit: 80, layers: 3, filters: 4, device: 'cpu' },
  config: { search: { theta: { steps: 2, rewardBatch: 50 }, derive: { samples: 3 } } },
};

interface Service {
  readonly process: Spawned;
  readonly url: string;
}

async function serviceOn(folder: string): Promise<Service> {
  const process = begin('service.mjs', ['--port', '0', '--folder', folder]);
  await process.shows('http://');
  return { process, url: process.stdout.trim() };
}

/** Status and body of an answer. */
async function ask({ url }: Service, method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, init);
  return { code: response.status, body: (await response.json()) as Record<string, never> };
}

/** Server-sent events, as they come. */
async function* eventsOf({ url }: Service, id: string) {
  const response = await fetch(`${url}/searches/${id}/events`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
    const events = `${text}${part}`.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const [, type, data] = /^event: (.*)\ndata: (.*)$/.exec(event)!;
      yield { type, data: JSON.parse(data!) as Record<string, never> };
    }
  }
}

const post = (service: Service, id: string, config: object = tinySearch) =>
  ask(service, 'POST', '/searches', { id, config });

async function watchToEnd(service: Service, id: string) {
  const types: (string | undefined)[] = [];
  for await (const { type } of eventsOf(service, id)) types.push(type);
  return types;
}

describe('examples/service.mjs', () => {
  it('begins a search, tells its progress and its events, and has its result', async () => {
    const service = await serviceOn(temporaryFolder());
    const begun = await post(service, 'first');
    expect(begun).toMatchObject({ code: 200, body: { id: 'first', state: 'running' } });
    expect(await ask(service, 'GET', '/searches/first/result')).toMatchObject({ code: 202 });
    const types = await watchToEnd(service, 'first');
    expect(types).toEqual(expect.arrayContaining(['child:step', 'controller:step', 'done']));
    expect(types.at(-1)).toBe('ended');
    expect(await ask(service, 'GET', '/searches/first')).toMatchObject({
      body: { state: 'done', progress: { phase: 'done', share: 1 } },
    });
    expect(await ask(service, 'GET', '/searches/first/result')).toMatchObject({
      code: 200,
      body: { arch: expect.anything(), reward: expect.any(Number) },
    });
    service.process.child.kill('SIGTERM');
    expect(await service.process.outcome()).toMatchObject({ code: 0, stderr: '' });
  });

  it('stops a search, and goes on with it after a restart, to the result of one never stopped', async () => {
    const folder = temporaryFolder();
    const service = await serviceOn(folder);
    await post(service, 'stopped');
    for await (const { type } of eventsOf(service, 'stopped')) if (type === 'child:step') break;
    expect(await ask(service, 'DELETE', '/searches/stopped')).toMatchObject({
      code: 200,
      body: { state: 'stopped' },
    });
    expect(await ask(service, 'GET', '/searches/stopped/result')).toMatchObject({ code: 409 });

    await post(service, 'killed');
    for await (const { type } of eventsOf(service, 'killed')) if (type === 'child:step') break;
    service.process.child.kill('SIGKILL');
    await service.process.outcome();

    const again = await serviceOn(folder);
    expect(await ask(again, 'GET', '/searches/stopped')).toMatchObject({ code: 404 });
    const results = [];
    for (const id of ['stopped', 'killed', 'whole']) {
      await post(again, id);
      await watchToEnd(again, id);
      const { body } = await ask(again, 'GET', `/searches/${id}/result`);
      results.push({ ...body, run: '' });
      expect(readFileSync(join(folder, id, 'best.json'), 'utf8')).toContain('"arch"');
    }
    expect(results[0]).toEqual(results[2]);
    expect(results[1]).toEqual(results[2]);
    // Five searches, on a machine that may be busy.
  }, 180_000);

  it('says what is wrong with a request, and goes on answering', async () => {
    const service = await serviceOn(temporaryFolder());
    expect(await post(service, 'wrong', { space: 'makro' })).toMatchObject({
      code: 400,
      body: { error: expect.stringContaining('did you mean macro') },
    });
    for (const id of ['../away', undefined as never]) {
      expect(await post(service, id)).toMatchObject({ code: 400 });
    }
    const noJson = await fetch(`${service.url}/searches`, { method: 'POST', body: '{' });
    expect(noJson.status).toBe(400);
    expect(await ask(service, 'GET', '/searches/other')).toMatchObject({ code: 404 });
    const missing = { ...tinySearch, flags: { ...tinySearch.flags, data: 'images:/nowhere' } };
    await post(service, 'failing', missing);
    expect(await watchToEnd(service, 'failing')).toEqual(['ended']);
    expect(await ask(service, 'GET', '/searches/failing/result')).toMatchObject({
      code: 409,
      body: { error: expect.stringContaining('nowhere') },
    });
  });
});
