// What every browser test uses: a page that fails the test when it asks another host for anything, logs an error or
// throws; signing in; and axe.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { Client } from "../platform/client";
import { password, type Login } from "../platform/people";
import { control, origin } from "../platform/platform";

const sessions = new Map<Login, string>();

// One session a person: passwords are slow to check, on purpose.
async function session(login: Login): Promise<string> {
  const known = sessions.get(login);
  if (known) return known;
  const response = await fetch(`${origin}/api/v1/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ login, password }),
  });
  const { token } = (await response.json()) as { token: string };
  sessions.set(login, token);
  return token;
}
export const forget = (login: Login): boolean => sessions.delete(login);

export async function signedIn(context: BrowserContext, login: Login): Promise<void> {
  await context.addCookies([{ name: "sluice_session", value: await session(login), url: origin, httpOnly: true, sameSite: "Strict" }]);
}

export const operator = (): Promise<Client> => new Client(origin).login("operator", password);

export async function platform(command: string): Promise<void> {
  const response = await fetch(`${control}/${command}`);
  if (!response.ok) throw new Error(`${command}: ${await response.text()}`);
}

interface Extras {
  as: (login: Login, path?: string) => Promise<Page>;
  allowErrors: (pattern: RegExp) => void;
  allowRefused: (origin: string) => void; // the test itself tries to reach it, and the policy has to refuse
}

export const test = base.extend<Extras & { guarded: void; allowed: RegExp[]; refused: string[] }>({
  allowed: async ({}, use) => use([]),
  refused: async ({}, use) => use([]),
  allowRefused: async ({ refused }, use) => use((elsewhere) => void refused.push(elsewhere)),
  allowErrors: async ({ allowed }, use) => use((pattern) => void allowed.push(pattern)),
  guarded: [
    async ({ context, allowed, refused }, use) => {
      const elsewhere: string[] = [];
      const errors: string[] = [];
      context.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin !== origin && !refused.includes(url.origin) && !["data:", "blob:"].includes(url.protocol)) elsewhere.push(request.url());
      });
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") errors.push(`${message.text()} ${message.location().url}`);
      });
      context.on("weberror", (error) => errors.push(error.error().message));
      await use();
      expect(elsewhere, "requests that leave the host").toEqual([]);
      expect(
        errors.filter((text) => !allowed.some((pattern) => pattern.test(text))),
        "errors in the browser's console",
      ).toEqual([]);
    },
    { auto: true },
  ],
  as: async ({ context, page }, use) => {
    await use(async (login, path = "/") => {
      await signedIn(context, login);
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      return page;
    });
  },
});

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  violations: { id: string; impact: string; help: string; nodes: { html: string; any: { message: string }[] }[] }[];
  passes: unknown[];
}

// WCAG 2.0 and 2.1, A and AA, and axe's best practices.
export async function expectAccessible(page: Page): Promise<void> {
  // Evaluated by the debugger: the page's own policy would not let a foreign script in.
  await page.evaluate(axeSource);
  const result = await page.evaluate<AxeResult>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] })`,
  );
  const found = result.violations.map((v) => `${v.impact} ${v.id}: ${v.help}\n   ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 200)} (${n.any[0]?.message ?? ""})`).join("\n   ")}`);
  expect(found, `axe on ${page.url()}`).toEqual([]);
  expect(result.passes.length).toBeGreaterThan(10);
}

export { expect };
