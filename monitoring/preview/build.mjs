// Bundles the page, what takes pictures, and the tests: build.mjs <what> <into>, beside node_modules.
import { build } from 'esbuild';

const ENTRIES = { page: './src/page.tsx', draw: './src/draw.ts', tests: './tests/pure.test.ts' };
// Grafana's ES modules import CommonJS ones in a way that esbuild takes as Node would, and React then gets modules for
// components. So each package is taken as for `require`.
const asRequired = {
  name: 'as required',
  setup: ({ onResolve, resolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir, pluginData }) =>
      kind === 'require-call' || pluginData === asRequired
        ? undefined
        : resolve(path, { kind: 'require-call', resolveDir, pluginData: asRequired })),
};
const [what, outfile] = process.argv.slice(2);
const forPage = what === 'page';
await build({
  entryPoints: [ENTRIES[what]], outfile, absWorkingDir: import.meta.dirname, bundle: true, minify: forPage, logLevel: 'warning',
  platform: forPage ? 'browser' : 'node', format: forPage ? 'iife' : 'cjs', target: forPage ? 'chrome120' : 'node20',
  mainFields: forPage ? ['browser', 'main', 'module'] : ['main', 'module'], plugins: [asRequired], jsx: 'automatic',
  loader: { '.svg': 'dataurl', '.woff': 'empty', '.woff2': 'empty', '.ttf': 'empty' },
  define: { 'process.env.NODE_ENV': '"production"' },
});
