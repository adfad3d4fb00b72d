import * as torch from '../torch/index.ts';
import { correct } from './score.ts';
import type { Session } from './session.ts';

/** Accuracy of an architecture over the whole validation split, under the shared parameters. */
export function evaluate(session: Session, arch: unknown): number {
  const { space, task, shared, batches, config } = session;
  const graph = space.child(arch, task);
  let hits = 0;
  let images = 0;
  const pass = batches.shuffled('valid', config.search.theta.rewardBatch);
  for (let i = 0; i < pass.count; i++) {
    torch.scope(() => {
      const batch = pass.at(i);
      hits += correct(graph, shared, batch);
      images += batch.labels.numel();
    });
  }
  return hits / images;
}
