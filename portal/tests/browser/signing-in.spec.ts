import { password } from "../platform/people";
import { expect, expectAccessible, forget, test } from "./portal";

test("leads to the page that was asked for, and out again", async ({ page, allowErrors }) => {
  allowErrors(/401/);
  await page.goto("/health");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Sign in" }).click();
  const alert = page.getByRole("alert").filter({ hasText: /./ });
  await expect(alert).toHaveText("Write your login and your password.");
  await page.getByLabel("Login").fill("operator");
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.keyboard.press("Enter");
  await expect(alert).toContainText("do not belong together");
  await expectAccessible(page);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Health");
  expect(await page.evaluate(() => document.cookie)).toBe("");
  await page.getByRole("button", { name: /Sign out/ }).click();
  await expect(page.getByText("You are signed out.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

test("a session that ends leads to signing in, and back", async ({ as, context, allowErrors }) => {
  allowErrors(/401/);
  const page = await as("viewer", "/incidents");
  await context.clearCookies();
  await expect(page.getByText("Your session has ended.")).toBeVisible();
  await page.getByLabel("Login").fill("viewer");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Incidents");
  forget("viewer");
});
