/**
 * ONNX Runtime, the kernels and the weights, loaded from the export; a reader of lines is opened when it is first asked.
 *
 * @typedef {import('./files.js').Files} Files
 * @typedef {import('./settings.js').Weights} Weights
 */

import { Kernels } from './native.js';
import { Detector } from './reading/detector.js';
import { LineReader } from './reading/lines.js';
import { Reader } from './reading/pages.js';
import { settings, useSettings } from './settings.js';

const MOST_THREADS = 4;

/**
 * Everything that is needed to read pages.
 *
 * @param {Files} files
 * @returns {Promise<Reader>}
 */
export async function openReader(files) {
  useSettings(JSON.parse(new TextDecoder().decode(await files.bytes('engine/settings.json'))));
  const { runtime, detector, readers } = settings();
  const ask = (/** @type {Weights[]} */ some) => some.forEach(({ file }) => files.bytes(file).catch(() => {}));
  ask([detector, readers[0]]); // on their way at once; who waits for them hears of errors
  const ort = await openRuntime(files, runtime);
  const kernels = await Kernels.open(await files.bytes('engine/native.wasm'));
  const open = async () => Detector.open(ort, detector, await files.inflated(detector.file));
  const lineReaders = readers.map(
    (one) => new LineReader(one, async () => LineReader.load(ort, kernels, one, await files.inflated(one.file))),
  );
  const reader = new Reader(await open(), lineReaders);
  lineReaders[0].opened().finally(() => ask(readers.slice(1))); // which are asked where the first is in doubt
  return reader;
}

/**
 * @param {Files} files
 * @param {{script: string, wasm: string}} runtime
 */
async function openRuntime(files, runtime) {
  const [wasm] = await Promise.all([files.inflated(runtime.wasm), files.bytes(runtime.script)]);
  const ort = await import(new URL(runtime.script, files.root).href);
  ort.env.logLevel = 'error';
  ort.env.wasm.wasmBinary = wasm.buffer;
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated
    ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS)
    : 1;
  return ort;
}
