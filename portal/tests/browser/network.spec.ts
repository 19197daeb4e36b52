// What travels: nothing to other hosts, and little at first.
import type { CDPSession, Page } from "@playwright/test";
import type { Login } from "../platform/people";
import { expect, signedIn, test } from "./portal";

const budget = 250_000;

// Bytes of the body as they came over the wire, by resource; the API's answers are not part of the portal.
async function weigh(page: Page, path: string): Promise<{ files: number; bytes: number }> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const wanted = new Set<string>();
  let bytes = 0;
  let files = 0;
  await session.send("Network.enable");
  session.on("Network.responseReceived", (event) => {
    if (!new URL(event.response.url).pathname.startsWith("/api/")) wanted.add(event.requestId);
  });
  session.on("Network.loadingFinished", (event) => {
    if (!wanted.has(event.requestId)) return;
    files += 1;
    bytes += event.encodedDataLength;
  });
  await page.goto(path);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.waitForTimeout(1500);
  return { files, bytes };
}

const loads: [string, Login | null][] = [
  ["signing in", null],
  ["operator", "operator"],
  ["customer", "anna@acme.example"],
];

for (const [name, login] of loads) {
  test(`the first load is light: ${name}`, async ({ page, context, allowErrors }) => {
    allowErrors(/401/);
    if (login) await signedIn(context, login);
    const { files, bytes } = await weigh(page, "/");
    console.log(`first load over the wire, ${name}: ${(bytes / 1000).toFixed(1)} kB in ${files} files`);
    expect(files).toBeGreaterThan(3);
    expect(bytes).toBeLessThanOrEqual(budget);
  });
}

test("the browser itself refuses requests to other hosts", async ({ as, page, allowErrors, allowRefused }) => {
  allowRefused("http://192.0.2.99"); // the network log, read at the end, shows that nothing went there
  allowErrors(/Content Security Policy|Refused|violates|Failed to fetch|Fetch API cannot load/);
  await as("operator");
  const refused = await page.evaluate(async () => {
    const blocked: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
    await fetch("http://192.0.2.99/").catch(() => undefined);
    const image = new Image();
    image.src = "http://192.0.2.99/x.png";
    const script = document.createElement("script");
    script.src = "http://192.0.2.99/x.js";
    document.head.append(script);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return blocked;
  });
  expect(refused).toEqual(expect.arrayContaining(["connect-src", "img-src", "script-src-elem"]));
});

test("what changes is on the screen by itself, without asking for the page again", async ({ as, page }) => {
  await as("operator");
  // All figures together: a steady flood alone may show the same rounded rate for seconds.
  const figures = page.locator(".totals");
  const seen = new Set<string>();
  const look = async () => seen.add((await figures.textContent()) ?? "").size;
  await expect.poll(look, { timeout: 10_000, intervals: [250] }).toBeGreaterThanOrEqual(4);
});
