// Builds both bundles: the JupyterLab extension into ../jupyter_chat/labextension
// and the page into ../jupyter_chat/static.  With --development they are readable.

import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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

async function buildPage() {
  rmSync(page, { recursive: true, force: true });
  await build({
    absWorkingDir: here,
    entryPoints: { page: 'src/page/index.tsx' },
    outdir: page,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'assets/[name]-[hash]',
    loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file' },
    define: { 'process.env.NODE_ENV': development ? '"development"' : '"production"' },
    minify: !development,
    sourcemap: development,
    legalComments: 'none',
    logLevel: 'warning'
  });
  copyFileSync(join(here, 'src', 'page', 'favicon.svg'), join(page, 'favicon.svg'));
}

buildLabextension();
await buildPage();
