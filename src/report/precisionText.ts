import type { ChosenPrecision, PrecisionReason } from '../run/precision.ts';

/** What is computed with, and why: `cpu · precision bf16 (auto: this CPU has AVX-512 BF16)`. */
export function deviceText({
  device,
  precision,
  precisionReason,
}: ChosenPrecision & { readonly device: string }): string {
  return `${device} · precision ${precision} (${reasonText(precisionReason, device)})`;
}

function reasonText(reason: PrecisionReason, device: string): string {
  switch (reason) {
    case 'asked':
      return 'asked for';
    case 'native':
      return device === 'cpu' ? 'auto: this CPU has AVX-512 BF16' : 'auto: this GPU has bf16';
    case 'not-native':
      return 'auto: no bf16 instructions';
    case 'run':
      return 'in which the run began';
    case 'default':
      return 'default';
  }
}
