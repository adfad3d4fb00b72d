import { unexpected } from '../errors/check.ts';

export const deviceForm = 'auto, cpu, cuda or cuda:<index>';

export const devicePattern = /^(auto|cpu|cuda(:\d+)?)$/;

/** Throws an ERR_ARGUMENT unless `value` names a device, be it there or not. */
export function checkDevice(where: string, value: unknown): string {
  if (typeof value === 'string' && devicePattern.test(value)) return value;
  throw unexpected(where, deviceForm, value);
}
