import type { Check } from './check.ts';
import { dataChecks } from './data.ts';
import { deviceChecks } from './device.ts';
import { operatorChecks } from './operators.ts';
import { segmentChecks } from './segments.ts';
import { trainingChecks } from './training.ts';

export type { Check } from './check.ts';

/** Everything that is to hold on a device. */
export const checks: readonly Check[] = [
  ...deviceChecks,
  ...operatorChecks,
  ...dataChecks,
  ...segmentChecks,
  ...trainingChecks,
];
