// Every screen, wide and light, narrow and dark: nothing for axe to say, and nothing wider than the screen.
import type { Page } from "@playwright/test";
import type { Login } from "../platform/people";
import { expect, expectAccessible, operator, test } from "./portal";

const screens: Partial<Record<Login, [screen: string, title: string][]>> = {
  operator: [
    ["/", "customers under attack"],
    ["/traffic", "Traffic"],
    ["/incidents", "Incidents"],
    ["incident of acme", "TCP SYN flood"],
    ["incident of harbour-bank", "NTP reflection"],
    ["incident of solstice-games", "203.0.113.40"],
    ["incident of tern-logistics", "198.51.101.7"],
    ["/customers", "Customers"],
    ["customer acme", "Acme Ltd"],
    ["firewall city-hospital", "Firewall of City Hospital"],
    ["explain acme", "Explain for Acme Ltd"],
    ["/explain", "Explain"],
    ["/health", "Health"],
    ["/audit", "Audit"],
    ["/nowhere", "There is no such page"],
  ],
  "anna@acme.example": [
    ["/", "Under attack since"],
    ["/incidents", "Attacks"],
    ["incident of acme", "Attack on 192.0.2.10"],
    ["/addresses", "Addresses and consent"],
    ["/audit", "Changes"],
  ],
  "carol@bank.example": [["/", "we need your yes"]],
  "dora@games.example": [["/", "Under attack since"]],
  "emil@hospital.example": [
    ["/", "You are protected"],
    ["/incidents", "Attacks"],
    ["/firewall", "Firewall"],
    [`/explain?packet=${encodeURIComponent("tcp 203.0.113.7:40000 > 198.51.102.80:23 syn")}`, "Explain"],
  ],
};

async function address(screen: string): Promise<string> {
  const [what, slug] = [screen.split(" ")[0], screen.split(" ").pop() ?? ""];
  if (screen.startsWith("/")) return screen;
  const client = await operator();
  const { items } = await client.get<{ items: { id: string; slug: string }[] }>("/tenants?limit=200");
  const tenant = items.find((t) => t.slug === slug)?.id;
  if (what === "customer") return `/customers/${tenant}`;
  if (what === "firewall") return `/customers/${tenant}/firewall`;
  if (what === "explain") return `/explain?customer=${tenant}&packet=${encodeURIComponent("tcp 203.0.113.7:40000 > 192.0.2.10:443 syn")}`;
  const incidents = await client.get<{ items: { id: string }[] }>(`/incidents?tenant_id=${tenant}`);
  return `/incidents/${incidents.items[0]?.id}`;
}

async function settled(page: Page): Promise<void> {
  await expect(page.locator(".waiting")).toHaveCount(0);
  await page.waitForTimeout(200); // charts and late rows
}

const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

const wide = { width: 1440, height: 900 };

for (const [login, list] of Object.entries(screens)) {
  test(`${login}: ${list.length} screens`, async ({ as, page }) => {
    test.setTimeout(60_000 + list.length * 40_000);
    for (const [screen, title] of list) {
      await test.step(screen, async () => {
        await page.setViewportSize(wide);
        await as(login as Login, await address(screen));
        await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
        await settled(page);
        await expectAccessible(page);
        await page.getByRole("button", { name: "Dark colours" }).click();
        for (const width of [1024, 390]) {
          await page.setViewportSize({ width, height: 844 });
          await settled(page);
          expect(await sideways(page), `wider than ${width} pixels`).toBe(0);
        }
        await expectAccessible(page);
        await page.getByRole("button", { name: "Light colours" }).click();
      });
    }
  });
}

test("dialogs and the menu", async ({ as, page }) => {
  await as("operator");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Use single keys");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.goto(await address("incident of acme"));
  for (const [button, dialog] of [
    ["Undo", "Undo for 192.0.2.10?"],
    ["Extend", "Extend for 192.0.2.10?"],
    ["Change the guard", "How far does the guard of 192.0.2.10 go?"],
    ["This is no attack", "Is this no attack?"],
  ] as const) {
    await page.getByRole("button", { name: button }).click();
    await expect(page.getByRole("dialog")).toContainText(dialog);
    await page.waitForTimeout(400); // it fades in
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
    await expect(page.getByRole("button", { name: button })).toBeFocused();
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("button", { name: "Open menu" }).click();
  await expect(page.getByRole("navigation", { name: "Screens, menu" }).getByRole("link", { name: "Health" })).toBeVisible();
  await page.waitForTimeout(400);
  await expectAccessible(page);
});
