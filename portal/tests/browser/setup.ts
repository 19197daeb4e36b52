// Starts the platform once for all browser tests, and ends it after them.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { origin, Platform } from "../platform/platform";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

export default async function setup(): Promise<() => Promise<void>> {
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

// Chromium's own record of what it asked the network for. Its own services (updates, accounts) are its own matter; what
// the portal's pages asked for carries their origin.
const netlog = join(root, "build", "portal-tests", "netlog.json");

interface NetlogEvent {
  params?: { url?: string; initiator?: string };
}

function checkNetlog(): void {
  const { events } = JSON.parse(readFileSync(netlog, "utf8")) as { events: NetlogEvent[] };
  const asked = events.flatMap(({ params }) => (params?.url && params.initiator === origin ? [params.url] : []));
  const elsewhere = [...new Set(asked)].filter((url) => new URL(url).origin !== origin);
  if (asked.length === 0) throw new Error("Chromium's network log has no request of the portal: the check that nothing leaves the host did not happen");
  if (elsewhere.length > 0) throw new Error(`requests that left the host: ${elsewhere.join(", ")}`);
  console.log(`Chromium's network log: ${asked.length} requests of the portal, all to ${new URL(origin).host}`);
}
