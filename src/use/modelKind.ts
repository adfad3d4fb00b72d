import { EnasTorchError } from '../errors/error.ts';
import type { TaskKind } from '../spaces/space.ts';
import type { Model } from '../train/model.ts';

/** What a model of each kind is used by. */
const uses = { images: 'predict', text: 'generate' } as const;

/**
 * @param where the function that needs a model of this kind
 * @throws EnasTorchError ERR_ARGUMENT when the model is for something else
 */
export function checkModelKind<K extends TaskKind>(
  where: string,
  model: Model,
  kind: K,
): asserts model is Extract<Model, { readonly kind: K }> {
  if (model.kind === kind) return;
  throw new EnasTorchError(
    'ERR_ARGUMENT',
    `${where}: expected a model for ${kind}, got ${model.run}, which is one for ${model.kind}; ` +
      `use ${uses[model.kind]}`,
  );
}
