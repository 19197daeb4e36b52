// What would become of a packet: asked in a form, in one line, from a rule, from a reason for drops, from a capture.
import { frame, pcap } from "../platform/packets";
import { expect, operator, test } from "./portal";

const tenantId = async (slug: string): Promise<string | undefined> => {
  const { items } = await (await operator()).get<{ items: { id: string; slug: string }[] }>("/tenants?limit=200");
  return items.find((tenant) => tenant.slug === slug)?.id;
};

test("a customer asks without a mouse, and reads what would change it", async ({ as }) => {
  const page = await as("emil@hospital.example");
  await page.keyboard.press("g");
  await page.keyboard.press("e");
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await expect(page.getByRole("button", { name: /^web-in: Allow/ })).toBeVisible();
  await page.getByLabel("In one line").focus();
  await page.keyboard.type("tcp 203.0.113.7:40000 > 198.51.102.80:443 syn");
  await expect(page.getByLabel("To address")).toHaveValue("198.51.102.80");
  await page.keyboard.press("Enter");
  const answer = page.getByRole("region", { name: "The answer" });
  await expect(answer.getByRole("heading", { name: "It passes" })).toBeVisible();
  await expect(answer.getByRole("list").filter({ hasText: "Firewall" })).toContainText("Rule 'web-in' allows it, from zone 'internet' to zone 'dmz'.");
  await expect(answer).toContainText("10.2.0.10:443");

  await page.getByLabel("To port").fill("8443");
  await expect(page.getByLabel("In one line")).toHaveValue("tcp 203.0.113.7:40000 > 198.51.102.80:8443 syn");
  await page.getByLabel("To port").press("Enter");
  await expect(answer.getByRole("heading", { name: "It is dropped" })).toBeVisible();
  await expect(answer).toContainText("What would change it");
  await expect(page).toHaveURL(/packet=tcp/);
  await page.reload();
  await expect(answer.getByRole("heading", { name: "It is dropped" })).toBeVisible();
});

test("from a rule to a packet, and from the packet back to the rule", async ({ as }) => {
  const page = await as("emil@hospital.example", "/firewall");
  await page.getByRole("link", { name: "Try it rule no-telnet" }).click();
  const answer = page.getByRole("region", { name: "The answer" });
  await expect(answer.getByRole("heading", { name: /The gateway answers it|It is dropped/ })).toBeVisible();
  await answer.getByRole("link", { name: "no-telnet" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Firewall");
  await expect(page.locator(".row--here")).toContainText("no-telnet");
});

test("an answer follows, and what is wrong is said at the line", async ({ as, allowErrors }) => {
  allowErrors(/422/);
  const page = await as("emil@hospital.example", "/explain");
  const line = page.getByLabel("In one line");
  await line.fill("udp 10.1.3.4:40000 > 203.0.113.7:53");
  await page.getByRole("button", { name: "Add its answer" }).click();
  await expect(page.getByText("Packet 2, where the cursor is")).toBeVisible();
  await expect(page.getByLabel("From address")).toHaveValue("203.0.113.7");
  await line.fill("udp 10.1.3.4:40000 > 203.0.113.7:53\ntpc 203.0.113.7:53 > 10.1.3.4:40000");
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await expect(page.getByText(/Line 2: 'tpc': no such protocol/)).toBeVisible();
  await line.fill("udp 10.1.3.4:40000 > 203.0.113.7:53\nudp 203.0.113.7:53 > 198.51.102.200:1");
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  const asked = page.getByRole("list", { name: "2 packets" }).getByRole("button");
  await expect(asked).toHaveCount(2);
  await expect(asked.nth(1)).toHaveAttribute("aria-pressed", "true");
  await asked.nth(0).click();
  await expect(page.getByRole("heading", { name: "It passes" })).toBeVisible();
});

test("a capture is read here, and its packets are asked about", async ({ as }) => {
  const page = await as("emil@hospital.example", "/explain");
  const packet = frame({ source: "203.0.113.7", destination: "198.51.102.80", protocol: "tcp", sourcePort: 40000, destinationPort: 443, flags: 2, length: 40 }, "02:00:00:00:00:01", "02:00:00:00:00:02");
  const file = page.getByLabel("Capture file");
  await file.setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("this is no capture, whatever its name") });
  await expect(page.getByText("This is no capture.")).toBeVisible();
  await file.setInputFiles({ name: "visitor.pcap", mimeType: "application/vnd.tcpdump.pcap", buffer: pcap([packet]) });
  await expect(page.getByText("visitor.pcap")).toBeVisible();
  await expect(page.getByText("This is no capture.")).toHaveCount(0);
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await expect(page.getByRole("region", { name: "The answer" })).toContainText("tcp 203.0.113.7:40000 > 198.51.102.80:443 syn");
});

test("the operator chooses a customer, and asks about a reason for drops", async ({ as }) => {
  const page = await as("operator", "/explain");
  await expect(page.getByText("Whose packet is it?")).toBeVisible();
  const acme = await tenantId("acme");
  await page.getByLabel("Customer", { exact: true }).selectOption({ label: "Acme Ltd" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Explain for Acme Ltd");
  await page.getByRole("button", { name: /^A visitor opens a page/ }).click();
  await expect(page.getByRole("region", { name: "The answer" })).toBeVisible();
  const { items } = await (await operator()).get<{ items: { id: string }[] }>(`/incidents?tenant_id=${acme}`);
  await page.goto(`/incidents/${items[0]?.id}`);
  await page.getByRole("table", { name: "Reasons for drops" }).getByRole("link", { name: /^Try it/ }).first().click();
  await expect(page.getByRole("region", { name: "The answer" })).toBeVisible();
  await expect(page.getByLabel("In one line")).toHaveValue(/192\.0\.2\.10/);
});
