// Writes src/chat/protocol.ts from the types of jupyter_chat/protocol/; with
// --check it only says whether the file is current.  Needs a Python with msgspec:
// the one that PYTHON names, or the first on the PATH.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const target = join(root, 'labextension', 'src', 'chat', 'protocol.ts');

const EXPORT = `
import json
from typing import get_args
from jupyter_chat import protocol
print(json.dumps({
    "schema": protocol.json_schema(),
    "unions": {
        name: [kind.__name__ for kind in get_args(getattr(protocol, name))]
        for name in ("Command", "Event")
    },
    "constants": {
        name: getattr(protocol, name)
        for name in (
            "PROTOCOL_VERSION",
            "MAX_FRAME_BYTES",
            "HEARTBEAT_SECONDS",
            "ACCESS_SCHEME",
            "SOCKET_PROTOCOL",
            "ACCESS_PROTOCOL_PREFIX",
        )
    },
}))
`;

const HEADER = `// Generated from jupyter_chat/protocol/ by \`npm run protocol\`; do not edit.
`;

function exported() {
  const python =
    process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
  const { status, stdout, stderr, error } = spawnSync(python, ['-c', EXPORT], {
    cwd: root,
    encoding: 'utf8'
  });
  if (status !== 0) {
    throw new Error(
      `${python} could not read jupyter_chat.protocol:\n${error ?? stderr}`
    );
  }
  return JSON.parse(stdout);
}

/**
 * The schema as the compiler wants it: a reference stands alone (with a default or a
 * description beside it, it would become a second type), descriptions are dedented,
 * tuples, which it does not know, are spelled out.
 */
function tidied(node) {
  if (Array.isArray(node)) {
    return node.map(tidied);
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  if ('$ref' in node) {
    return { $ref: node.$ref };
  }
  if ('prefixItems' in node) {
    const { description, prefixItems } = node;
    const types = prefixItems.map(({ type }) => (type === 'integer' ? 'number' : type));
    return tidied({ description, tsType: `[${types.join(', ')}]` });
  }
  const entries = Object.entries(node).map(([name, value]) => [
    name,
    name === 'description' && typeof value === 'string'
      ? value.replace(/\n[ ]+/g, '\n')
      : tidied(value)
  ]);
  return Object.fromEntries(entries);
}

async function generated() {
  const { schema, unions, constants } = exported();
  const types = await compile(
    { title: 'Protocol', $defs: tidied(schema.$defs) },
    'Protocol',
    {
      additionalProperties: false,
      bannerComment: '',
      ignoreMinAndMaxItems: true,
      style: { singleQuote: true, printWidth: 90, trailingComma: 'none' },
      unreachableDefinitions: true
    }
  );
  const reference = String.raw` \* This interface was referenced by [^\n]+\n \* via [^\n]+\n`;
  const ownTypes = types
    .replace(/export interface Protocol \{[^}]*\}\s*/, '')
    .replace(new RegExp(String.raw`/\*\*\n${reference} \*/\n`, 'g'), '')
    .replace(new RegExp(String.raw`( \*\n)?${reference}`, 'g'), '');
  const lines = Object.entries(constants).map(
    ([name, value]) =>
      `export const ${name} = ${typeof value === 'string' ? `'${value}'` : value};`
  );
  for (const [name, kinds] of Object.entries(unions)) {
    lines.push(`export type ${name} =\n${kinds.map(kind => `  | ${kind}`).join('\n')};`);
  }
  return `${HEADER}\n${ownTypes.trim()}\n\n${lines.join('\n')}\n`;
}

const text = await generated();
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    throw new Error('src/chat/protocol.ts is out of date: run `npm run protocol`.');
  }
} else {
  writeFileSync(target, text);
}
