/** A test case's own text as its name: what a function without arguments returns. */
export function sourceOf(act: () => unknown): string {
  return String(act)
    .replace(/^\(\) =>\s*/, '')
    .replaceAll(/__vite_ssr_import_\d+__\.functional/g, 'F')
    .replaceAll(/__vite_ssr_import_\d+__/g, 'torch')
    .replaceAll(/\s+/g, ' ');
}
