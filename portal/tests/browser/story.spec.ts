// What people do, from the first screen to the last. These change the platform, in this order.
import { expect, operator, platform, signedIn, test } from "./portal";

test.describe.configure({ mode: "serial" });

test("a customer says yes, and the operator's wall shows it by itself", async ({ as, page, browser }) => {
  const wall = await browser.newContext();
  await signedIn(wall, "operator");
  const board = await wall.newPage();
  await board.goto("http://127.0.0.1:8080/");
  const card = board.getByRole("list", { name: "Attacks, most urgent first" }).getByRole("listitem").filter({ hasText: "Harbour Bank" });
  await expect(card).toContainText("Waits for a decision");

  await as("carol@bank.example");
  await page.getByRole("button", { name: "Approve" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("It begins at once, ends by itself, and can be undone at any time.");
  await dialog.getByLabel(/Reason/).fill("our shop is down");
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("Approved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/and being cleaned$/);
  await expect(card).toContainText("Being cleaned", { timeout: 3000 });
  await wall.close();
});

test("an operator gives a mitigation more time, then undoes it", async ({ as, page }) => {
  await as("operator", "/incidents");
  await page.getByRole("link", { name: "Harbour Bank" }).click();
  const done = page.getByRole("region", { name: "What is done" });
  await expect(done).toContainText(/By carol@bank\.example/);
  const before = await done.getByText(/Ends by itself/).textContent();
  await done.getByRole("button", { name: "Extend" }).click();
  await page.getByLabel("Longer by").selectOption({ label: "4 hours" });
  await page.getByRole("dialog").getByRole("button", { name: "Extend" }).click();
  await expect(page.getByText("Extended.")).toBeVisible();
  await expect(done.getByText(/Ends by itself/)).not.toHaveText(before ?? "");
  await done.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByRole("dialog")).toContainText("all of it arrives");
  await page.getByRole("dialog").getByLabel(/Reason/).fill("the customer asked on the phone");
  await page.getByRole("dialog").getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("Undone.")).toBeVisible();
  await expect(done).toContainText("Withdrawn");
  await expect(done.getByRole("button", { name: "Undo" })).toHaveCount(0);
  await page.goto("/audit");
  await expect(page.getByRole("table", { name: "Audit trail" })).toContainText("the customer asked on the phone");
});

test("a customer takes consent back and gives it again, each time with a reason", async ({ as, page }) => {
  await as("emil@hospital.example", "/addresses");
  const row = page.getByRole("listitem").filter({ hasText: "198.51.102.0/24" });
  for (const [choice, title, effect] of [
    [/Only watch/, "Only watch", "we will not touch traffic"],
    [/Protect at once/, "Protect at once", "we act without asking"],
  ] as const) {
    await row.getByRole("button", { name: "Change consent for 198.51.102.0/24" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: choice }).check({ force: true });
    await expect(dialog.getByRole("status")).toContainText(effect);
    const change = dialog.getByRole("button", { name: `Change to “${title}”` });
    await expect(change).toBeDisabled();
    await dialog.getByLabel(/Reason/).fill("tried it out");
    await change.click();
    await expect(row).toContainText(title);
  }
  await page.getByRole("link", { name: "Changes" }).click();
  await expect(page.getByRole("table", { name: "Audit trail" })).toContainText("tried it out");
});

test("a change by somebody else in between is noticed", async ({ as, page, allowErrors }) => {
  allowErrors(/412/);
  await as("emil@hospital.example", "/addresses");
  await page.getByRole("button", { name: "Change consent for 198.51.102.0/24" }).click();
  const client = await operator();
  const change = (consent: string) =>
    fetch("http://127.0.0.1:8080/api/v1/prefixes/198.51.102.0-24", {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "If-Match": "*", Authorization: `Bearer ${client.bearer}` },
      body: JSON.stringify({ consent, reason: "by phone" }),
    });
  expect((await change("ask")).status).toBe(200);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: /Only watch/ }).check({ force: true });
  await dialog.getByLabel(/Reason/).fill("I thought so");
  await dialog.getByRole("button", { name: /Change to/ }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: /./ })).toContainText("Somebody changed this setting while you were looking at it.");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "198.51.102.0/24" })).toContainText("Ask me first");
  expect((await change("auto")).status).toBe(200);
});

test("a note is read by both sides", async ({ as, page, allowErrors }) => {
  allowErrors(/401/); // between the two people
  await as("operator", "/incidents");
  await page.getByRole("link", { name: "Acme Ltd" }).click();
  await page.getByLabel(/Note for the timeline/).fill("We are in touch with the upstream.");
  await page.getByRole("button", { name: "Add the note" }).click();
  await expect(page.getByRole("region", { name: "Timeline" })).toContainText("We are in touch with the upstream.");
  await page.context().clearCookies();
  await as("anna@acme.example");
  await page.getByRole("link", { name: /See what happens/ }).click();
  await expect(page.getByRole("region", { name: "What happened, step by step" })).toContainText("We are in touch with the upstream.");
});

test("an operator who may only look can not change anything", async ({ as, page }) => {
  await as("viewer", "/incidents");
  await page.getByRole("link", { name: "Acme Ltd" }).click();
  await expect(page.getByText("Your role may look and not change.")).toBeVisible();
  for (const name of ["Undo", "Extend", "Approve", "This is no attack", "Add the note"]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
});

test("an operator says that this is no attack, and what is in force is undone", async ({ as, page }) => {
  await as("operator", "/incidents");
  await page.getByRole("link", { name: "Solstice Games" }).click();
  await page.getByRole("button", { name: "This is no attack" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Mark and undo" })).toBeDisabled();
  await dialog.getByLabel(/What was it/).fill("a new game was released");
  await dialog.getByRole("button", { name: "Mark and undo" }).click();
  await expect(page.getByText("Marked.", { exact: true })).toBeVisible();
  await expect(page.getByText("No attack", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "This is no attack" })).toHaveCount(0);
});

test("when the controller is gone the screen says so, keeps what it knows, and comes back by itself", async ({ as, page, allowErrors }) => {
  allowErrors(/ERR_|Failed to load|network|503/i);
  await as("operator");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await platform("controller/stop");
  await expect(page.getByText(/No live data since/)).toBeVisible();
  await expect(page.getByText(/The controller does not answer\. What you see is from/).first()).toBeVisible();
  await expect(page.getByRole("list", { name: "Attacks, most urgent first" })).toBeVisible();
  await platform("controller/start");
  await expect(page.getByText("Live", { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/The controller does not answer/)).toHaveCount(0, { timeout: 20_000 });
});

test("when the attack ends, the customer reads that it is over", async ({ as, page }) => {
  // A detector that took gaps for pulses holds the attack for up to ten minutes.
  test.setTimeout(720_000);
  await as("anna@acme.example");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^Under attack/);
  await platform("attack/acme/off");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are protected", { timeout: 660_000 });
  await expect(page.getByRole("region", { name: "Earlier attacks" })).toContainText("192.0.2.10", { timeout: 20_000 });
});
