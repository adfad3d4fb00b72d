export function table(rows: readonly (readonly string[])[]): string;
export function shown(number: number): string;
