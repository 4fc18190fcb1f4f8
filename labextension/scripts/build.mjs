// Builds both bundles: the JupyterLab extension into ../jupyter_chat/labextension
// and the page into ../jupyter_chat/static.  With --development they are readable.

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { writeRanks } from './ranks.mjs';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const labextension = join(here, '..', 'jupyter_chat', 'labextension');
const page = join(here, '..', 'jupyter_chat', 'static');
const development = process.argv.includes('--development');

function run(program, ...parameters) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32'
  });
  if (status !== 0) {
    throw error ?? new Error(`${program} failed`);
  }
}

function buildLabextension() {
  for (const folder of [join(here, 'lib'), labextension]) {
    rmSync(folder, { recursive: true, force: true });
  }
  run(join(here, 'node_modules', '.bin', 'tsc'), '--project', 'tsconfig.build.json');
  run('jupyter-builder', 'build', `--development=${development ? 'True' : 'False'}`, '.');
}

const shared = {
  absWorkingDir: here,
  outdir: page,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file' },
  assetNames: 'assets/[name]-[hash]',
  define: { 'process.env.NODE_ENV': development ? '"development"' : '"production"' },
  minify: !development,
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning'
};

async function buildPage() {
  rmSync(page, { recursive: true, force: true });
  await build({
    ...shared,
    entryPoints: { page: 'src/page/index.tsx' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: development
  });
  copyFileSync(join(here, 'src', 'page', 'favicon.svg'), join(page, 'favicon.svg'));
}

/** `x.css?text` is the style sheet as a string. */
const asText = {
  name: 'as-text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.css\?text$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace('?text', '')),
      namespace: 'as-text'
    }));
    onLoad({ filter: /.*/, namespace: 'as-text' }, async ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const { code } = await transform(source, { loader: 'css', minify: !development });
      return { contents: code, loader: 'text' };
    });
  }
};

/** What the chat loads when it is first needed; a widget that cannot reach it does without. */
const lazy = {
  katex: './widget-katex.js',
  diff: './widget-diff.js',
  './languages': './widget-languages.js'
};
const besideTheWidget = {
  name: 'beside-the-widget',
  setup({ onResolve }) {
    onResolve({ filter: /^(katex|diff|\.\/languages)$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: lazy[path], external: true } : undefined
    );
    onResolve({ filter: /^\.\/(searching|foundWords)$/ }, () => ({
      path: join(here, 'src', 'widget', 'noSearch.ts')
    }));
    onResolve({ filter: /^\.\/exchange$/ }, () => ({
      path: join(here, 'src', 'widget', 'noImports.ts')
    }));
  }
};

/** One file, because a kernel may have to bring it (see `src/widget/loader.ts`). */
async function buildWidget() {
  await build({
    ...shared,
    entryPoints: { widget: 'src/widget/index.tsx' },
    alias: {
      entities: './src/widget/entities.ts',
      'punycode.js': './src/widget/punycode.ts'
    },
    plugins: [asText, besideTheWidget]
  });
  await build({
    ...shared,
    entryPoints: {
      'widget-katex': 'katex',
      'widget-diff': 'diff',
      'widget-languages': 'src/chat/markdown/languages.ts'
    }
  });
  // It goes into every notebook that has a widget.
  await build({
    ...shared,
    entryPoints: { 'widget-loader': 'src/widget/loader.ts' },
    minify: true
  });
}

writeRanks();
buildLabextension();
await buildPage();
await buildWidget();
