// Which prefix an address is in, both families.

const bits = (address: string): bigint => (address.includes(":") ? bits6(address) : address.split(".").reduce((sum, part) => sum * 256n + BigInt(Number(part)), 0n));

function bits6(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const middle = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => "0");
  return [...front, ...middle, ...back].reduce((sum, group) => (sum << 16n) + BigInt(parseInt(group, 16)), 0n);
}

export const lengthOf = (prefix: string): number => Number(prefix.split("/")[1] ?? (prefix.includes(":") ? 128 : 32));

export function contains(prefix: string, address: string): boolean {
  const [network = ""] = prefix.split("/");
  if (network.includes(":") !== address.includes(":")) return false;
  const rest = BigInt((address.includes(":") ? 128 : 32) - lengthOf(prefix));
  return bits(network) >> rest === bits(address) >> rest;
}

// The item with the longest prefix around the address.
export function longest<T>(items: readonly T[], prefixesOf: (item: T) => readonly string[], address: string): T | null {
  let best: { item: T; length: number } | null = null;
  for (const item of items) {
    for (const prefix of prefixesOf(item)) {
      if (contains(prefix, address) && lengthOf(prefix) > (best?.length ?? -1)) best = { item, length: lengthOf(prefix) };
    }
  }
  return best?.item ?? null;
}
