// A hundred customers attacked at once. The platform of these tests has three: here the overview alone is made up, typed by
// the API's own description.
import type { Attack, MitigationSummary, Overview } from "../../src/api/types";
import { expect, expectAccessible, test } from "./portal";

const count = 100;
const began = "2026-01-01T12:00:00Z";

function attack(i: number, beat: number): Attack {
  const state = i < 3 ? "proposed" : i < 8 ? null : i < 95 ? "active" : "cooling";
  const size = 10 ** (6 + ((i * 37) % 40) / 10);
  const now = size * (0.8 + ((i * 7 + beat * 3) % 20) / 100);
  // Now and then a gateway's second without a packet.
  const cleaned = (state === "active" || state === "cooling") && i > 9 && (i + beat) % 9 !== 0;
  const mitigation = { id: `mitigation-${i}`, tenant_id: `tenant-${i}`, kind: "divert", state, target: `198.51.${i}.10/32`, vectors: ["tcp-syn"], guard: null, legitimate_loss: i % 20 === 11 ? 0.004 : 0.0001 };
  return {
    incident: {
      id: `incident-${i}`,
      tenant_id: `tenant-${i}`,
      tenant_name: i % 10 === 5 ? `Instruments, Gauges and Precision Engineering ${i}` : `Customer ${i}`,
      title: `TCP SYN flood on 198.51.${i}.10`,
      target: i % 10 === 6 ? `2001:db8:${i}:beef:cafe::10/128` : `198.51.${i}.10/32`,
      direction: "inbound",
      state: state === "cooling" ? "ended" : "open",
      vectors: i % 3 === 0 ? ["tcp-syn", "udp", "dns"] : ["udp"],
      started_at: began,
      ended_at: null,
      peak: { packets_per_s: size / 500, bits_per_s: size },
      current: { packets_per_s: now / 500, bits_per_s: now },
      false_positive: false,
      mitigation_state: state,
    } as Attack["incident"],
    passed: { packets_per_s: cleaned ? now / 10_000 : 0, bits_per_s: 0 },
    dropped: { packets_per_s: cleaned ? now / 600 : 0, bits_per_s: 0 },
    mitigations: state === null ? [] : [mitigation as unknown as MitigationSummary],
  };
}

function board(beat: number): Overview {
  const rate = { packets_per_s: 2e9 / (50 + (beat % 5)), bits_per_s: 9e11 / (5 + (beat % 5)) };
  const attacks = Array.from({ length: count }, (_, i) => attack(i, beat));
  return { at: new Date().toISOString(), tenants: 250, tenants_under_attack: count, attackers_now: 0, attackers: [], mitigations_active: 92, mitigations_proposed: 3, inbound: rate, passed: rate, dropped: rate, attacks, gateways: 4, gateways_up: 4, collectors: 2, collectors_up: 2, speakers: 2, speakers_up: 2, alarms: [] };
}

const places = (links: Element[]) => links.map((link) => `${link.textContent} ${Math.round(link.getBoundingClientRect().top)}`);

test("a hundred attacks are one screen, and nothing moves while the figures change", async ({ as, page }) => {
  let beat = 0;
  await page.route("**/api/v1/overview", (route) => route.fulfill({ json: board(beat++) }));
  await as("operator");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("100 customers under attack");
  const group = (name: string) => page.getByRole("table", { name: `Attacks: ${name}` }).getByRole("row");
  await expect(group("waits for a decision")).toHaveCount(4);
  await expect(group("nothing in force")).toHaveCount(6);
  await expect(group("being diverted")).toHaveCount(3, { timeout: 30_000 });
  await expect(group("being cleaned")).toHaveCount(21);
  await expect(group("being cleaned").nth(1)).toContainText("0.40 %");
  await page.waitForTimeout(2000);
  const links = page.locator("[data-row]");
  const before = await links.evaluateAll(places);
  const figures = await group("being cleaned").nth(2).textContent();
  await expect(group("being cleaned").nth(2)).not.toHaveText(figures ?? "");
  await page.waitForTimeout(4000);
  expect(await links.evaluateAll(places)).toEqual(before);
  await expectAccessible(page);

  await page.getByRole("button", { name: "Show all 85" }).click();
  await expect(group("being cleaned")).toHaveCount(86);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  await expectAccessible(page);
});
