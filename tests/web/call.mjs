// Calls functions of the engine with what comes on standard input, and writes what they give: see conftest.py.
import { readFileSync } from 'node:fs';

const KINDS = {
  uint8: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** @param {any} value */
function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== 'object') return value;
  if (!('$' in value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, decoded(v)]));
  const bytes = new Uint8Array(Buffer.from(value.data, 'base64'));
  return new KINDS[value.$](bytes.buffer, 0, bytes.length / KINDS[value.$].BYTES_PER_ELEMENT);
}

/** @param {any} value */
function encoded(value) {
  if (ArrayBuffer.isView(value)) {
    const kind = value.constructor.name.replace('Array', '').toLowerCase().replace('clamped', '');
    return {
      $: kind,
      data: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    };
  }
  if (Array.isArray(value)) return value.map(encoded);
  if (value === null || typeof value !== 'object') return value === undefined ? null : value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, encoded(v)]));
}

const { engine, settings, calls } = JSON.parse(readFileSync(0, 'utf8'));
if (settings) (await import(`${engine}/settings.js`)).useSettings(settings);
const results = [];
for (const call of calls) {
  const place = call.module.startsWith('./') ? `./${call.module}.mjs` : `${engine}/${call.module}.js`;
  const module = await import(place);
  results.push(encoded(await module[call.name](...decoded(call.args))));
}
process.stdout.write(JSON.stringify(results));
