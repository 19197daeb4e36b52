// Starts the platform once for all browser tests, and ends it after them.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { origin, Platform } from "../platform/platform";

export default async function setup(): Promise<() => Promise<void>> {
  const root = resolve(__dirname, "..", "..", "..");
  const bin = process.env.SLUICE_BIN ?? join(root, "build", "release", "bin");
  const dist = join(root, "portal", "dist");
  for (const needed of [join(bin, "sluice-controller"), join(dist, "index.html")]) {
    if (!existsSync(needed)) throw new Error(`${needed} is missing; run ./dev build`);
  }
  const platform = new Platform(bin, dist, join(root, "build", "portal-tests", "platform"));
  try {
    await platform.start();
  } catch (error) {
    await platform.stop();
    throw error;
  }
  rmSync(netlog, { force: true });
  return async () => {
    await platform.stop();
    checkNetlog();
  };
}

// Chromium's own record of everything that it asked the network for, whoever in it asked.
const netlog = resolve(__dirname, "..", "..", "..", "build", "portal-tests", "netlog.json");

function checkNetlog(): void {
  const text = existsSync(netlog) ? readFileSync(netlog, "utf8") : "";
  const hosts = [...text.matchAll(/"(?:url|host|location)":"(?:(?:https?|wss?):\/\/)([^/"]+)/g)].map((match) => match[1]!);
  const elsewhere = [...new Set(hosts)].filter((host) => host !== new URL(origin).host);
  if (hosts.length === 0) throw new Error("Chromium's network log is empty: the check that nothing leaves the host did not happen");
  if (elsewhere.length > 0) throw new Error(`requests that would have left the host: ${elsewhere.join(", ")}`);
  console.log(`Chromium's network log: ${hosts.length} entries, all of ${new URL(origin).host}`);
}
