// What the engine has as classes, as functions that call.mjs can call.
import { readFileSync } from 'node:fs';

const ENGINE = '../../web/engine';
const { Kernels } = await import(`${ENGINE}/native.js`);
const { NGram } = await import(`${ENGINE}/language/ngram.js`);
const { Gazetteer } = await import(`${ENGINE}/language/gazetteer.js`);
const { Rescorer } = await import(`${ENGINE}/language/rescore.js`);
const { Decoder } = await import(`${ENGINE}/decode/ctc.js`);
const { halve } = await import(`${ENGINE}/reading/halving.js`);

const kernels = async () => Kernels.open(readFileSync(new URL(`${ENGINE}/native.wasm`, import.meta.url)));

export const version = async () => (await kernels()).exported.chuviet_version();

export async function distances(text, names) {
  return (await kernels()).editDistances(text, names);
}

export async function scores(arrays, texts) {
  const model = new NGram(await kernels(), arrays);
  return texts.map(([text, behind]) => model.score(text, behind, -Infinity));
}

export async function addresses(districts, texts) {
  const gazetteer = new Gazetteer(await kernels(), districts);
  return texts.map((text) => [gazetteer.known(text), gazetteer.places(text), gazetteer.streets(text)]);
}

export async function decoded(config, charset, arrays, districts, frames) {
  const own = await kernels();
  const gazetteer = districts && new Gazetteer(own, districts);
  const rescorers = arrays.map((one, i) => {
    const places = i ? null : gazetteer;
    return new Rescorer(new NGram(own, one), places, config.alpha, config.place, config.alpha_style);
  });
  const decoder = new Decoder(own, config, charset, rescorers);
  return frames.map((one) => decoder.read(one));
}

/**
 * @param {any[]} lines
 * @param {any[]} texts
 * @param {any[]} again - what is read in the halves
 */
export function halved(lines, texts, again) {
  return halve([lines, texts], async () => again);
}
