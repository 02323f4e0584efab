/**
 * The arrays of a language model that travel in an ONNX file: `chuviet.artifact.wire`.
 */

const GRAPH = 7;
const INITIALIZER = 5;
const [DATA_TYPE, NAME, RAW_DATA] = [2, 8, 9];
const PREFIX = 'chuviet.lm/';
/** @type {Record<number, any>} */
const KINDS = { 1: Float32Array, 2: Uint8Array, 3: Int8Array, 5: Int16Array, 6: Int32Array };

/**
 * @param {Uint8Array} data - an ONNX file
 * @returns {Record<string, any>} typed arrays by their names, without the prefix
 */
export function languageModelArrays(data) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [number, graph] of fields(data)) {
    if (number !== GRAPH) continue;
    for (const [field, tensor] of fields(graph)) {
      if (field !== INITIALIZER) continue;
      const { name, raw, kind } = parts(tensor);
      if (!name.startsWith(PREFIX)) continue;
      if (!KINDS[kind]) throw new Error(`${name}: a tensor of the unknown type ${kind}`);
      found[name.slice(PREFIX.length)] = new KINDS[kind](raw.slice().buffer);
    }
  }
  return found;
}

/** @param {Uint8Array} tensor */
function parts(tensor) {
  let name = '';
  /** @type {Uint8Array} */
  let raw = new Uint8Array(0);
  let kind = 0;
  for (const [number, value, integer] of fields(tensor)) {
    if (number === NAME) name = new TextDecoder().decode(value);
    else if (number === RAW_DATA) raw = value;
    else if (number === DATA_TYPE) kind = integer;
  }
  return { name, raw, kind };
}

/**
 * Number, value and integer value of each field of a message.
 *
 * @param {Uint8Array} data
 * @returns {Generator<[number, Uint8Array, number]>}
 */
function* fields(data) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= data.length) throw new Error('not a whole ONNX file');
      const byte = data[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const tag = varint();
    const kind = tag % 8;
    let integer = 0;
    let size = 0;
    if (kind === 0) integer = varint();
    else if (kind === 2) size = varint();
    else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4;
    else throw new Error('not a whole ONNX file');
    if (at + size > data.length) throw new Error('not a whole ONNX file');
    yield [Math.floor(tag / 8), data.subarray(at, at + size), integer];
    at += size;
  }
}
