#!/usr/bin/env node
import { existsSync } from 'node:fs';

const entry = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(entry)) {
  const { main } = await import(entry);
  process.exitCode = await main(process.argv.slice(2));
} else {
  console.error('enas-torch: the TypeScript is not compiled yet; run: npm run build');
  process.exitCode = 1;
}
