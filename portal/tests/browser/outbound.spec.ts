// A customer's own computer attacks others. The answers are what the platform said in the firewall lab while two hosts
// attacked (tests/captured); only their times are moved to now. All else behind the pages is the real platform of these tests.
import type { Page } from "@playwright/test";
import * as captured from "../captured/outbound";
import { expect, expectAccessible, test } from "./portal";

test.describe.configure({ timeout: 240_000 }); // axe, six times a test

const at = Date.parse(captured.overview.at);

// Every time in it, as if it had been captured a moment ago.
function fresh<T>(answer: T): T {
  const shift = Date.now() - at;
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
  return JSON.parse(JSON.stringify(answer, (_key, value: unknown) => (typeof value === "string" && time.test(value) ? new Date(Date.parse(value) + shift).toISOString() : value))) as T;
}

async function attacked(page: Page, firewall = captured.firewall): Promise<void> {
  const answer = (pattern: string, body: unknown) => page.route(pattern, (route) => route.fulfill({ json: fresh(body) }));
  await answer("**/api/v1/overview", captured.overview);
  await answer("**/api/v1/tenants/*/firewall", firewall);
  await answer("**/api/v1/tenants/*/status", captured.status);
  await answer("**/api/v1/tenants/*/user-bindings?*", captured.logIns);
  await answer("**/api/v1/tenants/*/explain", captured.explained);
  await answer("**/api/v1/events?*", captured.events);
}

const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function expectGoodEverywhere(page: Page): Promise<void> {
  await expectAccessible(page);
  await page.getByRole("button", { name: "Dark colours" }).click();
  for (const width of [1024, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.waitForTimeout(300);
    expect(await sideways(page), `wider than ${width} pixels`).toBe(0);
  }
  await expectAccessible(page);
  await page.getByRole("button", { name: "Light colours" }).click();
  await page.setViewportSize({ width: 1440, height: 900 });
}

test("the customer's first screen says so, and leads with the keyboard to who, where and what next", async ({ as, page }) => {
  await attacked(page);
  await as("emil@hospital.example");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A computer of yours attacks others");
  const notice = page.getByRole("region", { name: "In your own network" });
  await expect(notice).toContainText("10.1.0.10 attacks others: it sends many UDP packets");
  await expect(notice).toContainText("look for malicious software");
  await expectGoodEverywhere(page);
  await notice.getByRole("link", { name: /See where it is/ }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Firewall");
  const panel = page.getByRole("region", { name: "A computer inside attacks others" });
  await expect(panel).toContainText("hq-inside, zone inside, Headquarters");
  await expect(panel).toContainText("anna");
  await expect(panel).toContainText(/[\d,]+ new connections a second, \d+ % unanswered, at 1 computer and 1 port/);
  await expect(panel).toContainText("after 10 s without an attack");
  const logIns = page.getByRole("table", { name: "Who is logged in" }).getByRole("row");
  await expect(logIns).toHaveCount(4);
  await expect(logIns.filter({ hasText: "maximilian" })).toContainText("2001:db8:1:1::/64");
  await expect(page.getByRole("region", { name: "Computers inside that attacked others" })).toContainText("10.1.0.10 attacks others");
  await expectGoodEverywhere(page);
  await panel.getByRole("link", { name: /See what becomes of its packets/ }).focus();
  await page.keyboard.press("Enter");
  const answer = page.getByRole("region", { name: "The answer" });
  await expect(answer.getByRole("heading", { name: "The rules let it pass, but its sender is held back now" })).toBeVisible();
  await expect(answer).toContainText("But now: 10.1.0.10 attacks others");
  await expectGoodEverywhere(page);
});

test("a blocked IPv6 computer, and nobody else's log-in stands beside it", async ({ as, page }) => {
  await attacked(page, captured.blocked);
  await as("emil@hospital.example", "/firewall");
  const panel = page.getByRole("region", { name: "A computer inside attacks others" });
  await expect(panel).toContainText("2001:db8:2:1::10 attacks others: it begins many connections");
  await expect(panel).toContainText("It opens no new connections until it stops");
  await expect(panel).toContainText("hq, zone inside");
  await expect(panel).not.toContainText("Logged in there");
  await expectGoodEverywhere(page);
});

test("the operator sees whose computers attack, although two customers have the same addresses", async ({ as, page }) => {
  await attacked(page);
  await page.route("**/api/v1/tenants?*", (route) =>
    route.fulfill({ json: { items: captured.overview.attackers.map(({ tenant_id, tenant_name }) => ({ id: tenant_id, slug: tenant_name.toLowerCase(), name: tenant_name, created_at: captured.overview.at })), next_cursor: null } }),
  );
  await as("operator");
  await expect(page.getByText("2 computers of customers attack others.")).toBeVisible();
  const rows = page.getByRole("table", { name: "Computers of customers that attack others" }).getByRole("row");
  await expect(rows).toHaveCount(3);
  await expect(rows.filter({ hasText: "Acme Ltd" })).toContainText(/10\.1\.0\.10.*UDP flood.*Limited/);
  await expect(rows.filter({ hasText: "Bolt Ltd" })).toContainText(/2001:db8:2:1::10.*TCP flood.*Blocked/);
  await expect(page.getByRole("region", { name: "Latest" })).toContainText("Acme Ltd: 10.1.0.10 attacks others");
  await expectGoodEverywhere(page);
  await rows.getByRole("link", { name: "Acme Ltd" }).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/customers\/[^/]+\/firewall$/);
});
