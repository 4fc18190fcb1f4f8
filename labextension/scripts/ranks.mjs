// Writes the ranks of OpenAI's tokens, of the package js-tiktoken (MIT), into
// ../jupyter_chat/engine/context/ranks as tiktoken reads them: it would fetch them from the
// network at the first use.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import o200k from 'js-tiktoken/ranks/o200k_base';

/** What tiktoken itself checks the file for. */
const SHA256 = '446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(here, '..', 'jupyter_chat', 'engine', 'context', 'ranks');

/** Each line of the source is `! RANK TOKEN TOKEN…`, with ranks that follow one another. */
function lines({ bpe_ranks: ranks }) {
  return ranks.split('\n').flatMap(line => {
    const [, first, ...tokens] = line.split(' ');
    return tokens.map((token, index) => `${token} ${Number(first) + index}\n`);
  });
}

export function writeRanks() {
  const file = lines(o200k).join('');
  const found = createHash('sha256').update(file).digest('hex');
  if (found !== SHA256) {
    throw new Error(`The ranks of js-tiktoken are not tiktoken's: SHA-256 ${found}`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'o200k_base.tiktoken'), file);
  writeFileSync(join(folder, 'o200k_base.pattern'), o200k.pat_str);
}
