// What runs in the thread of a job.
import { parentPort, workerData } from 'node:worker_threads';
import type { Context, Work } from '../work/context.ts';
import { Credit } from './credit.ts';
import type { Order, Report, Start } from './messages.ts';
import { sent } from './sentError.ts';

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  search: async () => (await import('../work/search.ts')).searchWork,
  train: async () => (await import('../work/train.ts')).trainWork,
  evaluate: async () => (await import('../work/evaluate.ts')).evaluateWork,
  predict: async () => (await import('../work/predict.ts')).predictWork,
};

const port = parentPort!;
const controller = new AbortController();
const credit = new Credit();
port.on('message', (order: Order) => {
  if (order.type === 'abort') controller.abort();
  else credit.give(order.count);
});
const report = (message: Report) => port.postMessage(message);

const context: Context<unknown> = {
  signal: controller.signal,
  onEvent: (event) => {
    credit.spend();
    report({ type: 'event', event });
  },
};

try {
  const { work, args } = workerData as Start;
  const begin = (await works[work]!()) as Work<unknown, unknown, unknown>;
  const events = begin(args, context);
  for (;;) {
    const next = await events.next();
    if (next.done) {
      report({ type: 'result', result: next.value });
      break;
    }
    report({ type: 'event', event: next.value });
    credit.spend();
    await credit.available();
  }
} catch (error) {
  report({ type: 'failed', error: sent(error) });
} finally {
  port.close();
}
