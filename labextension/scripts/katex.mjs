// Writes src/chat/styles/katex.css from the styles of the package katex, its fonts as
// WOFF2 only; with --check it only says whether the file is current.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(here, 'node_modules', 'katex', 'dist', 'katex.min.css');
const target = join(here, 'src', 'chat', 'styles', 'katex.css');

const HEADER = `/* Generated from the package katex (MIT) by \`npm run katex\`; do not edit. */\n`;
const FONTS = '../../../node_modules/katex/dist/fonts/';

const generated =
  HEADER +
  readFileSync(source, 'utf8')
    .replace(/,url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)/g, '')
    .replaceAll('url(fonts/', `url(${FONTS}`)
    .trim() +
  '\n';

if (!process.argv.includes('--check')) {
  writeFileSync(target, generated);
} else if (readFileSync(target, 'utf8') !== generated) {
  throw new Error('katex.css is not current: run `npm run katex`');
}
