// Starts the platform once for all browser tests, and ends it after them.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Platform } from "../platform/platform";

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
  return () => platform.stop();
}
