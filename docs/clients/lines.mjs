// Reads images of single lines by a service of chuviet: node lines.mjs URL FILE... Needs Node 20, and no package.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

const [url, ...files] = process.argv.slice(2);
const form = new FormData();
for (const file of files) form.append('files', new Blob([await readFile(file)]), basename(file));
const headers = process.env.CHUVIET_TOKEN ? { Authorization: `Bearer ${process.env.CHUVIET_TOKEN}` } : {};
const answer = await fetch(`${url}/v1/lines`, {
  method: 'POST',
  body: form,
  headers,
});
const found = await answer.json();
if (!answer.ok) {
  console.error(`${answer.status}: ${found.detail}`);
  process.exit(1);
}
for (const line of found.lines) console.log(`${line.name}\t${line.confidence.toFixed(2)}\t${line.text}`);
