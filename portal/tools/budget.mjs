// What a person's first screen costs over the wire, compressed: fails when any of the three is over the budget.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const budget = 250_000; // bytes, all files of a first load together
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));

// The entry, the first screen of each kind of user, and what that screen shows at once.
const firstLoads = {
  "sign in": ["index.html", "src/login/Login.tsx"],
  operator: ["index.html", "src/operator/Overview.tsx"],
  customer: ["index.html", "src/tenant/Home.tsx", "src/parts/RateCanvas.tsx"],
};

// A screen that another part imports from is listed by its chunk's name.
const chunkOf = (key) => manifest[key] ?? Object.values(manifest).find((chunk) => chunk.isDynamicEntry && chunk.name === basename(key, ".tsx"));

function files(keys, found = new Set(), seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue;
    seen.add(key);
    const chunk = chunkOf(key);
    if (!chunk) throw new Error(`budget: ${key} is not in the manifest; name the screen's new file in tools/budget.mjs`);
    found.add(chunk.file);
    for (const file of [...(chunk.css ?? []), ...(chunk.assets ?? [])]) found.add(file);
    files(chunk.imports ?? [], found, seen);
  }
  return found;
}

// Fonts are compressed already; everything else travels gzipped.
function weight(file) {
  const bytes = readFileSync(join(dist, file));
  return file.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
}

let failed = false;
for (const [name, keys] of Object.entries(firstLoads)) {
  const all = [...files(keys), "index.html", "icon.svg"];
  const total = all.reduce((sum, file) => sum + weight(file), 0);
  const verdict = total <= budget ? "within" : "OVER";
  console.log(`first load, ${name}: ${(total / 1000).toFixed(1)} kB compressed in ${all.length} files, ${verdict} ${budget / 1000} kB`);
  failed ||= total > budget;
}
if (failed) {
  console.error("budget: too heavy. Load the part that grew only when it is shown (lazy), or use a lighter one.");
  process.exit(1);
}
