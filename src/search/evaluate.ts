import { correct } from './score.ts';
import type { Session } from './session.ts';
import * as torch from '../torch/index.ts';

/** Accuracy of an architecture over the whole validation split, under the shared parameters. */
export function evaluate(session: Session, arch: unknown): number {
  const { space, task, shared, batches } = session;
  const graph = space.child(arch, task);
  let hits = 0;
  let images = 0;
  for (const makeBatch of batches.valid()) {
    torch.scope(() => {
      const batch = makeBatch();
      hits += correct(graph, shared, batch);
      images += batch.labels.numel();
    });
  }
  return hits / images;
}
