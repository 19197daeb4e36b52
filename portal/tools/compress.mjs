// Beside each file of dist its compressed forms, which the controller sends to browsers that take them.
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]));
}

for (const file of walk(dist)) {
  if (!/\.(html|js|css|svg|json)$/.test(file)) continue;
  const bytes = readFileSync(file);
  if (bytes.length < 512) continue; // the headers would weigh more than what is saved
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}

// A running controller reads the folder again when the page has changed: last, when all else is there.
const now = new Date();
utimesSync(join(dist, "index.html"), now, now);
