import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { defineConfig } from 'vite';

const PAGE = resolve(import.meta.dirname, '../src/chuviet/serve/page');

/**
 * `vite build` writes the page that `chuviet serve` serves; it is part of the repository. `vite build --mode browser`
 * writes the same page into `dist`, set to read inside the browser, and pdf.js beside it.
 */
export default defineConfig(({ mode }) => {
  const isLocal = mode === 'browser';
  return {
    base: './',
    build: {
      outDir: isLocal ? 'dist' : PAGE,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: false,
      reportCompressedSize: true,
      rollupOptions: {
        input: isLocal ? { page: 'index.html', pdf: 'src/pdf.js' } : { page: 'index.html' },
        preserveEntrySignatures: 'strict',
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: '[name].js',
          assetFileNames: '[name][extname]', // the names stay, so that a new build is a change of these files
        },
      },
    },
    plugins: isLocal ? [local()] : [],
  };
});

/**
 * Sets the page to read inside the browser, and puts pdf.js' worker beside it. The reader itself, in `engine`, and what
 * keeps all of it for later without a network, are no part of this build.
 */
function local() {
  return {
    name: 'local',
    transformIndexHtml(html) {
      return html.replace('name="chuviet-mode" content="service"', 'name="chuviet-mode" content="local"');
    },
    generateBundle() {
      const source = readFileSync(resolve(import.meta.dirname, 'node_modules/pdfjs-dist/build/pdf.worker.min.mjs'));
      this.emitFile({ type: 'asset', fileName: 'pdf.worker.js', source });
    },
  };
}
