/**
 * The files of the export: fetched once, checked against their SHA-256, and kept for when there is no network.
 *
 * @typedef {{sha256: string, bytes: number}} Entry
 * @typedef {{version: string, files: Record<string, Entry>}} Manifest
 */

export class Files {
  /**
   * @param {URL} root - of the export
   * @param {Manifest} manifest
   */
  constructor(root, manifest) {
    this.root = root;
    this.manifest = manifest;
    /** @type {(loaded: number) => void} Told of the bytes that arrive. */
    this.onLoaded = () => {};
    /** @type {Map<string, Promise<Uint8Array<ArrayBuffer>>>} */
    this.known = new Map();
  }

  /**
   * @param {URL} root
   * @returns {Promise<Files>}
   */
  static async open(root) {
    if (!globalThis.crypto?.subtle) throw new Error('files can be checked on https, or on localhost, alone');
    const answer = await fetch(new URL('manifest.json', root), { cache: 'no-cache' });
    if (!answer.ok) throw new Error(`manifest.json cannot be loaded (${answer.status})`);
    return new Files(root, await answer.json());
  }

  /**
   * The bytes of a file that is what it was when it was exported.
   *
   * @param {string} path
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  bytes(path) {
    let found = this.known.get(path);
    if (!found) {
      found = this.load(path);
      this.known.set(path, found);
      found.catch(() => this.known.delete(path));
    }
    return found;
  }

  /** @param {string} path */
  async load(path) {
    const entry = this.manifest.files[path];
    if (!entry) throw new Error(`${path} is not in manifest.json: export again`);
    const url = new URL(path, this.root);
    const kept = await openCache(this.manifest.version);
    const before = await kept?.match(url);
    if (before) {
      const bytes = new Uint8Array(await before.arrayBuffer());
      if (await isWhole(bytes, entry)) {
        this.onLoaded(bytes.length);
        return bytes;
      }
    }
    const answer = await fetch(url);
    if (!answer.ok || !answer.body) throw new Error(`${path} cannot be loaded (${answer.status})`);
    const bytes = await this.received(answer.body);
    if (!(await isWhole(bytes, entry)))
      throw new Error(`${path} is not the file that was exported: it was damaged or altered`);
    // Full storage is no reason not to read.
    await kept?.put(url, new Response(bytes, { headers: headersOf(answer) })).catch(() => {});
    return bytes;
  }

  /** @param {ReadableStream<Uint8Array>} body */
  async received(body) {
    /** @type {Uint8Array[]} */
    const parts = [];
    const reader = body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      this.onLoaded(part.value.length);
    }
    return new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (parts)).arrayBuffer());
  }

  /**
   * A file that was compressed for the way.
   *
   * @param {string} path
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async inflated(path) {
    const bytes = await this.bytes(path);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    this.known.delete(path); // its bytes are needed no more
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
}

/** @param {string} version */
async function openCache(version) {
  try {
    return await caches.open(`chuviet-${version}`);
  } catch {
    return undefined; // switched off, as in some private windows
  }
}

/** @param {Response} answer */
function headersOf(answer) {
  return { 'Content-Type': answer.headers.get('Content-Type') || 'application/octet-stream' };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Entry} entry
 */
async function isWhole(bytes, entry) {
  if (bytes.length !== entry.bytes) return false;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === entry.sha256;
}
