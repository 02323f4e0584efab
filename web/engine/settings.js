/**
 * What `chuviet export --to web` writes down of the Python package: the weights' settings, and its constants.
 *
 * @typedef {{name: string, file: string, charset: string, preprocess: any, decoder: any, language_model: boolean}} Weights
 * @typedef {{offset: number, slope: number, pages: boolean}} Calibration
 * @typedef {{
 *   version: string, schema: Record<string, any>, runtime: {script: string, wasm: string},
 *   detector: Weights, readers: Weights[],
 *   calibrations: Record<'lines' | 'words' | 'print', Calibration>, codes: number[],
 *   constants: Record<string, Record<string, any>>,
 * }} Settings
 */

/** @type {Settings | undefined} */
let current;

/**
 * To be called once, before anything is read.
 *
 * @param {Settings} settings
 */
export function useSettings(settings) {
  current = settings;
}

/** @returns {Settings} */
export function settings() {
  if (!current) throw new Error('no settings yet');
  return current;
}

/**
 * The constants of a Python module, by their names there.
 *
 * @param {string} module - such as 'reading.order'
 * @returns {Record<string, any>}
 */
export function constants(module) {
  const found = settings().constants[module];
  if (!found) throw new Error(`no constants of ${module}: export again`);
  return found;
}
