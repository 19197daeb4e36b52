// The frames of a small capture, read here: only bytes of packets go to the controller.
// pcap: draft-ietf-opsawg-pcap. pcapng: draft-ietf-opsawg-pcapng (section, interface, enhanced and simple packet blocks).

export const mostFrames = 32; // of one question to the API
const mostBytes = 2045; // of a frame: the API takes 4,096 characters, "hex " and two a byte
const ethernet = 1;

export interface Capture {
  frames: string[]; // "hex …", as the API takes them
  total: number;
  tooLong: number;
}

export class CaptureError extends Error {}

export function readCapture(bytes: Uint8Array): Capture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24) throw new CaptureError("The file is too short to be a capture.");
  const magic = view.getUint32(0);
  const kept: Capture = { frames: [], total: 0, tooLong: 0 };
  const keep = (frame: Uint8Array) => {
    kept.total++;
    if (frame.length > mostBytes) kept.tooLong++;
    else if (kept.frames.length < mostFrames) kept.frames.push(`hex ${Array.from(frame, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
  };
  if (magic === 0x0a0d0d0a) readBlocks(view, bytes, keep);
  else readRecords(view, bytes, magic, keep);
  if (kept.total === 0) throw new CaptureError("There is no packet in the capture.");
  return kept;
}

function needEthernet(link: number): void {
  if (link !== ethernet) throw new CaptureError(`The capture is of another kind of network (link type ${link}). Take one of an Ethernet interface.`);
}

function readRecords(view: DataView, bytes: Uint8Array, magic: number, keep: (frame: Uint8Array) => void): void {
  const big = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d;
  if (!big && magic !== 0xd4c3b2a1 && magic !== 0x4d3cb2a1) throw new CaptureError("This is no capture. Files of tcpdump and Wireshark are (.pcap, .pcapng).");
  needEthernet(view.getUint32(20, !big) & 0xffff);
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at + 8, !big);
    at += 16;
    if (at + length > bytes.length) return; // the last one was cut off
    keep(bytes.subarray(at, at + length));
    at += length;
  }
}

function readBlocks(view: DataView, bytes: Uint8Array, keep: (frame: Uint8Array) => void): void {
  let little = true;
  let links: number[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const section = view.getUint32(at) === 0x0a0d0d0a;
    if (section) {
      little = view.getUint32(at + 8) === 0x4d3c2b1a;
      links = [];
    }
    const kind = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    if (length < 12 || at + length > bytes.length) return;
    if (kind === 1) links.push(view.getUint16(at + 8, little));
    else if (kind === 6 && length >= 32) {
      needEthernet(links[view.getUint32(at + 8, little)] ?? ethernet);
      const captured = view.getUint32(at + 20, little);
      if (captured <= length - 32) keep(bytes.subarray(at + 28, at + 28 + captured));
    } else if (kind === 3 && length >= 16) {
      needEthernet(links[0] ?? ethernet);
      keep(bytes.subarray(at + 12, at + 12 + Math.min(view.getUint32(at + 8, little), length - 16)));
    }
    at += length;
  }
}
