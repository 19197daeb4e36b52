// The README's picture: the portal under attack, taken from a running demo (./dev demo in another terminal).
//   npm run screenshot [-- FILE]    SLUICE_PORTAL, SLUICE_LOGIN, SLUICE_PASSWORD say where and as whom
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const origin = process.env.SLUICE_PORTAL ?? "http://127.0.0.1:8080";
const login = process.env.SLUICE_LOGIN ?? "operator";
const password = process.env.SLUICE_PASSWORD;
const patienceMs = 120_000;
const here = dirname(fileURLToPath(import.meta.url));
const file = resolve(process.argv[2] ?? join(here, "..", "..", "docs", "images", "portal-under-attack.png"));

function stop(text) {
  console.error(`screenshot: ${text}`);
  process.exit(1);
}

if (!password) stop("set SLUICE_PASSWORD to the operator's password; the demo prints it when it starts");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1040 }, deviceScaleFactor: 1.5, locale: "en-GB" });
  const signedIn = await context.request.post(`${origin}/api/v1/session`, { data: { login, password }, headers: { Origin: origin } }).catch(() => null);
  if (!signedIn) stop(`nobody answers at ${origin}; start ./dev demo first`);
  if (!signedIn.ok()) stop(`signing in as ${login} failed with ${signedIn.status()}: check SLUICE_PASSWORD`);
  const end = Date.now() + patienceMs;
  let incident = null;
  while (!incident) {
    if (Date.now() > end) stop(`no attack was being cleaned within ${patienceMs / 1000} s; the demo's attack may be over, start it again`);
    const board = await (await context.request.get(`${origin}/api/v1/overview`)).json();
    incident = board.attacks.find((a) => a.dropped.packets_per_s > 0)?.incident ?? null;
    if (!incident) await new Promise((wake) => setTimeout(wake, 250));
  }
  const page = await context.newPage();
  await page.goto(`${origin}/incidents/${incident.id}`);
  await page.locator(".canvas canvas").waitFor();
  await page.getByRole("table", { name: "Stages" }).waitFor();
  await page.waitForTimeout(6000); // a few seconds of the attack on the chart
  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  console.log(`screenshot: ${file}`);
} finally {
  await browser.close();
}
