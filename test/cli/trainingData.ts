import type { Dataset } from '../../src/learning/createLearner.ts';

/** What is loaded instead of the synthetic images; a test may put another data set here. */
export const dataset: { current: Dataset | undefined } = { current: undefined };

/** Stands in for the loading of data sets, which takes longer than a small training on one. */
export async function loadData(): Promise<Dataset> {
  // Imported late: it imports what this stands in for.
  const { syntheticDataset } = await import('../search/synthetic.ts');
  return dataset.current ?? syntheticDataset();
}
