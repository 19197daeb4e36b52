import { describe, expect, test } from "vitest";
import { contains, longest } from "./prefix";

describe("which prefix an address is in", () => {
  test.each([
    ["10.1.0.0/16", "10.1.255.7", true],
    ["10.1.0.0/16", "10.2.0.7", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["10.1.0.10/32", "10.1.0.10", true],
    ["10.1.0.10", "10.1.0.11", false],
    ["2001:db8:1::/48", "2001:db8:1:1::10", true],
    ["2001:db8:1:1::/64", "2001:db8:1:2::10", false],
    ["2001:db8:1:1::10/128", "2001:db8:1:1:0:0:0:10", true],
    ["::/0", "10.1.0.10", false],
  ])("%s and %s", (prefix, address, inside) => expect(contains(prefix, address)).toBe(inside));

  test("the longest of several", () => {
    const networks = [
      { name: "all", prefixes: ["10.0.0.0/8", "2001:db8:2::/48"] },
      { name: "desk", prefixes: ["10.1.3.0/24"] },
    ];
    const of = (address: string) => longest(networks, (one) => one.prefixes, address)?.name;
    expect([of("10.1.3.9"), of("10.1.4.9"), of("2001:db8:2:1::10"), of("192.0.2.1")]).toEqual(["desk", "all", "all", undefined]);
  });
});
