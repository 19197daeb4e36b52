// The firewall's screen: who gets where, by which rule, and how the rules are used.
import { expect, operator, test } from "./portal";

test("a customer reads his firewall, with the keyboard alone", async ({ as }) => {
  const page = await as("emil@hospital.example");
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Firewall");
  await expect(page.getByText("The firewall is in force.")).toBeVisible();
  const matrix = page.getByRole("table", { name: "Who gets where" });
  await expect(matrix.getByRole("button")).toHaveCount(8);
  await matrix.getByRole("button", { name: "From internet to dmz: in part" }).focus();
  await page.keyboard.press("Enter");
  const region = page.getByRole("region", { name: "Who gets where" });
  await expect(region).toContainText("From internet to dmz only what web-in allows gets through.");
  await expect(matrix.getByRole("button", { name: "From dmz to internet: nothing" })).toHaveAttribute("aria-pressed", "false");
  const rules = page.getByRole("table", { name: "Rules" }).getByRole("row");
  await expect(rules).toHaveCount(4);
  await expect(rules.nth(2)).toContainText("Allow http and https from internet to dmz, destination web-public.");
  await expect(rules.nth(2)).toContainText("never, since");
  await expect(page.getByText("Connections from ward to internet leave with the public address 198.51.102.200.")).toBeVisible();
  await expect(page.getByText(/At most 20,000 connections at a time and 500 new ones a second/)).toBeVisible();
});

test("the operator sees the same, and who has none is told so", async ({ as }) => {
  const client = await operator();
  const { items } = await client.get<{ items: { id: string; slug: string }[] }>("/tenants?limit=200");
  const page = await as("operator", `/customers/${items.find((t) => t.slug === "city-hospital")?.id}`);
  await page.getByRole("link", { name: "Firewall", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Firewall of City Hospital");
  await expect(page.getByRole("table", { name: "Rules" })).toContainText("no-telnet");
  await page.goto(`/customers/${items.find((t) => t.slug === "acme")?.id}/firewall`);
  await expect(page.getByText("There is no firewall here.")).toBeVisible();
});
