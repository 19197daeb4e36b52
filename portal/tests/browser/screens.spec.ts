// Each screen shows what the platform behind it does.
import { expect, test } from "./portal";

test.describe("operator", () => {
  test("sees who is under attack, the most urgent first", async ({ as }) => {
    const page = await as("operator");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("3 customers under attack");
    await expect(page).toHaveTitle("3 customers under attack · Sluice");
    const attacks = page.getByRole("list", { name: "Attacks, most urgent first" }).getByRole("listitem");
    await expect(attacks).toHaveCount(3);
    await expect(attacks.nth(0)).toContainText("Harbour Bank");
    await expect(attacks.nth(0)).toContainText("Waits for a decision");
    await expect(attacks.nth(0)).toContainText("NTP reflection");
    await expect(attacks.nth(1)).toContainText("Solstice Games");
    await expect(attacks.nth(1)).toContainText("Nothing in force");
    await expect(attacks.nth(2)).toContainText("Acme Ltd");
    await expect(attacks.nth(2)).toContainText("Being cleaned");
    await expect(attacks.nth(2)).toContainText("TCP SYN flood on 192.0.2.10");
    await expect(page.getByText("16 customers, 3 under attack")).toBeVisible();
    await expect(page.getByRole("complementary", { name: "Platform" }).getByText("1 of 1 up", { exact: true })).toHaveCount(3);
  });

  test("finds a customer by a part of the name", async ({ as }) => {
    const page = await as("operator");
    const customers = page.getByRole("region", { name: "All customers" });
    await customers.getByRole("searchbox").fill("hosp");
    await expect(customers.getByRole("listitem")).toHaveText(["City Hospital"]);
    await customers.getByRole("searchbox").fill("nobody of this name");
    await expect(customers).toContainText("clear the search to see all");
  });

  test("sees traffic as it happens", async ({ as }) => {
    const page = await as("operator", "/traffic");
    const edge = page.getByRole("img", { name: /at the edge/ });
    await expect(edge).toHaveAttribute("aria-label", /Towards customers: [\d.]+ [kMG]bps now/);
    const first = await edge.getAttribute("aria-label");
    await expect(edge).not.toHaveAttribute("aria-label", first ?? "");
    await page.getByRole("tab", { name: "Packets" }).click();
    await expect(page.getByRole("img", { name: /Diverted traffic/ })).toHaveAttribute("aria-label", /Dropped: [\d.]+ k?pps now/);
    await page.getByLabel("Customer", { exact: true }).selectOption({ label: "Acme Ltd" });
    await expect(page.getByText("Of Acme Ltd, as it happens.")).toBeVisible();
    await expect(page.getByRole("img", { name: /Acme Ltd at the edge/ })).toHaveAttribute("aria-label", /Towards customers: [\d.]+ kpps now/);
    await page.getByText("The last figures as a table").first().click();
    await expect(page.getByRole("table").first().getByRole("row")).toHaveCount(13);
  });

  test("lists incidents, and chooses by state", async ({ as }) => {
    const page = await as("operator", "/incidents");
    const rows = page.getByRole("table", { name: "Incidents" }).getByRole("row");
    await expect(rows).toHaveCount(5);
    await page.getByLabel("State").selectOption({ label: "Over" });
    await expect(rows).toHaveCount(2);
    await expect(rows.nth(1)).toContainText("Tern Logistics");
    await page.getByLabel("State").selectOption({ label: "Cooling down" });
    await expect(page.getByText("No incident is like this.")).toBeVisible();
  });

  test("reads the whole story of one incident", async ({ as }) => {
    const page = await as("operator", "/incidents");
    await page.getByRole("link", { name: "Acme Ltd" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("TCP SYN flood on 192.0.2.10");
    const region = (name: string) => page.getByRole("region", { name, exact: true });
    await expect(region("What is done")).toContainText("Divert and scrub 192.0.2.10");
    await expect(region("What is done")).toContainText("In force");
    await expect(region("What is done")).toContainText(/Guard: (Basic|Strong)/);
    await expect(region("What is done").getByRole("button", { name: "Undo" })).toBeVisible();
    await expect(region("Timeline").getByRole("listitem")).not.toHaveCount(0);
    await expect(region("Evidence")).toContainText("The rule syn-flood fired for the host 192.0.2.10");
    await expect(region("Evidence").getByRole("table", { name: "Vectors" })).toContainText("TCP SYN flood");
    await expect(region("Evidence").getByRole("table", { name: "Ingress" })).toContainText("10.0.0.1");
    await expect(region("Evidence").getByRole("table", { name: "Strongest senders" }).getByRole("row")).not.toHaveCount(1);
    await expect(region("Sample records").getByRole("table")).toContainText("SYN");
  });

  test("sees what the gateway drops, stage by stage, with its reasons", async ({ as }) => {
    const page = await as("operator", "/incidents");
    await page.getByRole("link", { name: "Acme Ltd" }).click();
    const gateways = page.getByRole("region", { name: "At the gateways" });
    await expect(gateways.getByRole("table", { name: "Stages" })).toContainText("Has the sender shown that its address is real?");
    await expect(gateways.getByRole("table", { name: "Reasons for drops" })).toContainText("The sender has not shown that its address is real.");
    await expect(gateways).toContainText("were answered to check their sender");
    const dropped = gateways.getByText(/packets · .* now/).nth(2);
    const before = await dropped.textContent();
    await expect(dropped).not.toHaveText(before ?? "");
  });

  test("sees a customer with prefixes, consent, sites and people", async ({ as }) => {
    const page = await as("operator", "/customers");
    await page.getByRole("link", { name: "Acme Ltd" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Acme Ltd");
    const consent = page.getByRole("region", { name: "Addresses and consent" });
    await expect(consent).toContainText("192.0.2.0/24");
    await expect(consent).toContainText("Protect at once");
    await expect(consent).toContainText("2001:db8:a::/48");
    await expect(page.getByRole("table", { name: "Sites" })).toContainText("1.00 Gbps");
    await expect(page.getByRole("table", { name: "People" })).toContainText("anna@acme.example");
    await expect(page.getByRole("table", { name: "Incidents of this customer" })).toContainText("192.0.2.10");
  });

  test("sees whether the platform is well", async ({ as }) => {
    const page = await as("operator", "/health");
    await expect(page.getByRole("table", { name: "Gateways" })).toContainText("guard-1");
    await expect(page.getByRole("table", { name: "Collectors" })).toContainText("collector-1");
    const speaker = page.getByRole("table", { name: "BGP speakers" }).getByRole("row").filter({ hasText: "127.0.0.1:50051" });
    await expect(speaker).toContainText("1 of 1");
  });

  test("sees who changed what, and checks the chain", async ({ as }) => {
    const page = await as("operator", "/audit");
    await expect(page.getByRole("table", { name: "Audit trail" })).toContainText("customers of the tests");
    await page.getByRole("button", { name: "Check the chain" }).click();
    await expect(page.getByText(/The chain of \d+ entries is whole/)).toBeVisible();
  });

  test("is told when an address leads nowhere", async ({ as, allowErrors }) => {
    allowErrors(/404/);
    const page = await as("operator", "/nowhere");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
    await page.goto("/incidents/incident-99999");
    await expect(page.getByRole("alert")).toContainText("There is nothing here for you");
  });
});

test.describe("customer", () => {
  test("under attack and protected: reads it in plain words", async ({ as }) => {
    const page = await as("anna@acme.example");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^Under attack since (.*, )?\d\d:\d\d, and being cleaned$/);
    await expect(page.getByText(/Somebody is sending 192.0.2.10 a flood of connection requests/)).toBeVisible();
    await expect(page.getByText(/the attack is dropped, your visitors get through/).first()).toBeVisible();
    await expect(page.getByRole("img", { name: /Traffic to your addresses/ })).toHaveAttribute("aria-label", /Dropped: [\d.]+ [kM]bps now/);
    await page.getByRole("link", { name: "See what happens on 192.0.2.10" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Attack on 192.0.2.10");
    await expect(page.getByRole("region", { name: "What we dropped, and why" })).toContainText("The sender has not shown that its address is real.");
    await expect(page.getByRole("region", { name: "What happened, step by step" }).getByRole("listitem")).not.toHaveCount(0);
    await expect(page.getByRole("main")).not.toContainText("not-verified");
    await expect(page.getByRole("region", { name: "What we do now" })).toContainText(/How closely we check: (Basic|Strong)/);
    await expect(page.getByRole("button", { name: "Change the guard" })).toHaveCount(0);
  });

  test("asked first: sees that a decision is needed", async ({ as }) => {
    const page = await as("carol@bank.example");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/we need your yes$/);
    await expect(page.getByRole("region", { name: "We need your decision" }).getByRole("button", { name: "Approve" })).toBeVisible();
  });

  test("who allowed nothing: is told so, and what to do", async ({ as }) => {
    const page = await as("dora@games.example");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/^Under attack since (.*, )?\d\d:\d\d$/);
    await expect(page.getByText("Nothing is done about it now.")).toBeVisible();
    await page.getByRole("link", { name: /See what happens/ }).click();
    await expect(page.getByRole("link", { name: "allow us to help" })).toBeVisible();
  });

  test("not attacked: is protected", async ({ as }) => {
    const page = await as("emil@hospital.example");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You are protected");
    await expect(page.getByText("None so far.")).toBeVisible();
    await page.getByRole("link", { name: "Attacks", exact: true }).click();
    await expect(page.getByText("You have not been attacked.")).toBeVisible();
  });

  test("not attacked and without consent: is only watched", async ({ as }) => {
    const page = await as("finn@school.example");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("We watch, but may not protect you");
  });

  test("sees nothing of others", async ({ as, allowErrors }) => {
    allowErrors(/40[34]/);
    const page = await as("anna@acme.example", "/incidents");
    await expect(page.getByRole("main").getByRole("listitem")).toHaveCount(1);
    await expect(page.getByText("Harbour Bank")).toHaveCount(0);
    await page.goto("/customers");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
  });

  test("who may only look has no buttons", async ({ as }) => {
    const page = await as("ben@acme.example", "/addresses");
    await expect(page.getByText("192.0.2.0/24")).toBeVisible();
    await expect(page.getByRole("button", { name: /Change consent/ })).toHaveCount(0);
    await expect(page.getByText("Your role may look and not change.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Changes" })).toHaveCount(0);
  });
});
