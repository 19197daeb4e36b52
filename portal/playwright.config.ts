import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";

const results = join(dirname(fileURLToPath(import.meta.url)), "..", "build", "portal-tests");

// One browser, one page at a time: the platform behind it is one, too, and its state is part of the story.
export default defineConfig({
  testDir: "tests/browser",
  outputDir: join(results, "results"),
  globalSetup: "./tests/browser/setup.ts",
  workers: 1,
  fullyParallel: false,
  // Everything behind the browser is real and shares two cores with it: what is slow is tried again, what is wrong stays wrong.
  timeout: 120_000,
  retries: 2,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: {
    baseURL: "http://127.0.0.1:8080",
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Vienna",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", `--log-net-log=${join(results, "netlog.json")}`],
    },
  },
});
