// The portal without a mouse.
import type { Page } from "@playwright/test";
import { expect, test } from "./portal";

const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element ? (element.getAttribute("aria-label") ?? element.textContent ?? "").trim() : "";
  });

test("the first Tab is the skip link, and it leads past the header", async ({ as, page }) => {
  await as("operator");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Skip to main content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("content");
  await page.keyboard.press("Tab");
  expect(await focused(page)).toBe("Harbour Bank");
});

test("Tab goes over the header in the order in which it is read, and everything focused is seen", async ({ as, page }) => {
  await as("operator");
  const order: string[] = [];
  for (let i = 0; i < 15; i++) {
    await page.keyboard.press("Tab");
    order.push(await focused(page));
    const seen = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      const card = element.closest(".attack");
      const outlined = (s: CSSStyleDeclaration) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none" || /rgb/.test(s.borderColor);
      return box.width > 0 && box.height > 0 && (outlined(style) || (card !== null && outlined(getComputedStyle(card))));
    });
    expect(seen, `the focus is seen on “${order[order.length - 1]}”`).toBe(true);
  }
  expect(order.slice(0, 12)).toEqual([
    "Skip to main content",
    "Sluice",
    "Under attack",
    "Traffic",
    "Incidents",
    "Customers",
    "Explain",
    "Health",
    "Audit",
    "Dark colours",
    "Keys",
    "Sign out operator",
  ]);
  expect(order.slice(12)).toEqual(["Harbour Bank", "Solstice Games", "Acme Ltd"]);
});

test("keys lead to screens and over rows, and the title takes the focus", async ({ as, page }) => {
  await as("operator");
  for (const [key, title] of [
    ["t", "Traffic"],
    ["c", "Customers"],
    ["e", "Explain"],
    ["h", "Health"],
    ["a", "Audit"],
    ["i", "Incidents"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeFocused();
  }
  await expect(page.getByRole("table", { name: "Incidents" })).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/incidents\/incident-\d+$/);
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/under attack/);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("gh?");
  await expect(page.getByRole("searchbox")).toHaveValue("gh?");
});

test("single keys can be switched off, and the choice stays", async ({ as, page }) => {
  await as("operator");
  await page.keyboard.press("?");
  await page.getByLabel(/Use single keys/).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/under attack/);
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await page.waitForTimeout(300);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/under attack/);
  await page.keyboard.press("?");
  await expect(page.getByLabel(/Use single keys/)).not.toBeChecked();
});

test("a dialog keeps the focus and gives it back", async ({ as, page }) => {
  await as("operator", "/incidents");
  await page.getByRole("link", { name: "Acme Ltd" }).focus();
  await page.keyboard.press("Enter");
  const extend = page.getByRole("button", { name: "Extend" });
  await extend.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  for (let i = 0; i < 8; i++) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(extend).toBeFocused();
});

test("the guard is set without a mouse, and shown as it is set", async ({ as, page }) => {
  await as("operator", "/incidents");
  await page.getByRole("link", { name: "Acme Ltd" }).focus();
  await page.keyboard.press("Enter");
  const done = page.getByRole("region", { name: "What is done", exact: true });
  await expect(done).toContainText("Guard: Basic");
  const set = async (level: string, watch: boolean) => {
    await done.getByRole("button", { name: "Change the guard" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Level").focus();
    await page.keyboard.type(level);
    const anomaly = dialog.getByRole("checkbox", { name: "Anomaly" });
    if ((await anomaly.isChecked()) !== watch) {
      await anomaly.focus();
      await page.keyboard.press("Space");
    }
    await dialog.getByRole("button", { name: "Set" }).focus();
    await page.keyboard.press("Enter");
    await expect(dialog).toHaveCount(0);
  };
  await set("Strong", true);
  await expect(done).toContainText("Guard: Strong");
  await expect(done).toContainText("set by a person");
  await expect(done).toContainText("Only watched: Anomaly.");
  await set("Basic", false);
  await expect(done).toContainText("Guard: Basic");
  await expect(done).not.toContainText("Only watched");
});

test("consent is chosen with the arrow keys", async ({ as, page }) => {
  await as("anna@acme.example", "/addresses");
  await page.getByRole("button", { name: "Change consent for 2001:db8:a::/48" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("radio", { name: /Ask me first/ })).toBeChecked();
  await dialog.getByRole("radio", { name: /Ask me first/ }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("radio", { name: /Protect at once/ })).toBeChecked();
  await expect(dialog.getByRole("status")).toContainText("From now on we act without asking.");
  await expect(dialog.getByRole("button", { name: /Change to/ })).toBeDisabled();
  await page.keyboard.press("Escape");
});
