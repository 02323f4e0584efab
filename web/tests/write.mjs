// Reads JSON lines of pages (the first argument), writes them in a format (the second) into a file (the third).
import { readFileSync, writeFileSync } from 'node:fs';

import { TEXT_FORMATS, writePdf } from '../src/formats/known.js';

const [source, format, target] = process.argv.slice(2);
const pages = readFileSync(source, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((row) => {
    const { schema: _schema, version: _version, ...page } = JSON.parse(row);
    return page;
  });
writeFileSync(target, format === 'pdf' ? await writePdf(pages, async () => null) : TEXT_FORMATS[format](pages));
