// Real frames: Ethernet, IPv4, TCP or UDP, with right checksums. The same packets go to the gateway's leg (as a pcap
// file) and, sampled, to the collector (as sFlow).

export interface Packet {
  source: string;
  destination: string;
  protocol: "tcp" | "udp";
  sourcePort: number;
  destinationPort: number;
  flags?: number; // TCP
  length: number; // of the IP packet
}

export function frame(packet: Packet, from: string, to: string): Buffer {
  const ip = ipv4(packet);
  const bytes = Buffer.alloc(Math.max(60, 14 + ip.length));
  mac(to).copy(bytes, 0);
  mac(from).copy(bytes, 6);
  bytes.writeUInt16BE(0x0800, 12);
  ip.copy(bytes, 14);
  return bytes;
}

// A classic capture file (libpcap, microseconds, Ethernet), one packet a millisecond.
export function pcap(frames: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((bytes, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(i / 1000), 0);
    record.writeUInt32LE((i % 1000) * 1000, 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

function ipv4(packet: Packet): Buffer {
  const bytes = Buffer.alloc(packet.length);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(packet.length, 2);
  bytes[8] = 57;
  bytes[9] = packet.protocol === "tcp" ? 6 : 17;
  address(packet.source).copy(bytes, 12);
  address(packet.destination).copy(bytes, 16);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, 20)), 10);
  const transport = bytes.subarray(20);
  transport.writeUInt16BE(packet.sourcePort, 0);
  transport.writeUInt16BE(packet.destinationPort, 2);
  if (packet.protocol === "tcp") {
    transport.writeUInt32BE(0x1000_0000 + packet.sourcePort, 4);
    transport[12] = 5 << 4;
    transport[13] = packet.flags ?? 0;
    transport.writeUInt16BE(64240, 14);
  } else {
    transport.writeUInt16BE(transport.length, 4);
  }
  const pseudo = Buffer.alloc(12);
  bytes.copy(pseudo, 0, 12, 20);
  pseudo[9] = bytes[9]!;
  pseudo.writeUInt16BE(transport.length, 10);
  transport.writeUInt16BE(checksum(Buffer.concat([pseudo, transport])), packet.protocol === "tcp" ? 16 : 6);
  return bytes;
}

function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const address = (text: string): Buffer => Buffer.from(text.split(".").map(Number));
const mac = (text: string): Buffer => Buffer.from(text.split(":").map((part) => parseInt(part, 16)));
