/** `1h 05m`, `12m 30s`, `45s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${two(whole % 60)}s`;
  return `${whole}s`;
}

/** A share as a percentage with one decimal: `41.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A large count in three digits: `950`, `12.3 k`, `1.25 M`. */
export function count(n: number): string {
  for (const [unit, size] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (n >= size) return `${(n / size).toPrecision(3)} ${unit}`;
  }
  return String(n);
}

/** A rate in whole numbers where it is large: `412`, `8.3`. */
export function rate(perSecond: number): string {
  return perSecond >= 20 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}

/** A whole number with its digits in groups: `1,531,546`. */
export function grouped(n: number): string {
  return n.toLocaleString('en-US');
}
