// Bundles the example into `example/dist`.

import path from 'node:path';

import { build } from 'esbuild';

const inFolder = (name) => path.join(import.meta.dirname, name);

await build({
  entryPoints: [inFolder('src/main.tsx'), inFolder('src/main.css')],
  outdir: inFolder('dist'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
