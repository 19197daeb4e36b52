import { describe, expect, it } from "vitest";
import { CaptureError, mostFrames, readCapture } from "./capture";

const u32 = (little: boolean, ...values: number[]) => {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => view.setUint32(i * 4, value, little));
  return [...new Uint8Array(view.buffer)];
};
const frame = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45];

function pcap(little: boolean, frames: number[][], link = 1): Uint8Array {
  return new Uint8Array([...u32(little, 0xa1b2c3d4, 0x00020004, 0, 0, 65535, link), ...frames.flatMap((f) => [...u32(little, 1, 2, f.length, f.length), ...f])]);
}

describe("captures", () => {
  it.each([true, false])("pcap, little-endian %s", (little) => {
    expect(readCapture(pcap(little, [frame, frame]))).toEqual({ frames: ["hex 020000000001020000000002080045", "hex 020000000001020000000002080045"], total: 2, tooLong: 0 });
  });

  it("pcapng", () => {
    const padded = [...frame, 0];
    const bytes = [
      ...u32(true, 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28),
      ...u32(true, 1, 20, 1, 65535, 20),
      ...u32(true, 6, 32 + padded.length, 0, 0, 0, frame.length, frame.length),
      ...padded,
      ...u32(true, 32 + padded.length),
    ];
    expect(readCapture(new Uint8Array(bytes)).frames).toEqual(["hex 020000000001020000000002080045"]);
  });

  it("keeps as many as one question may have, and says what it left out", () => {
    const many = readCapture(pcap(true, [new Array<number>(3000).fill(0), ...Array.from({ length: 40 }, () => frame)]));
    expect(many.frames).toHaveLength(mostFrames);
    expect(many).toMatchObject({ total: 41, tooLong: 1 });
    expect(readCapture(pcap(true, [frame, frame]).subarray(0, -3)).total).toBe(1);
  });

  it("says what is wrong", () => {
    expect(() => readCapture(new Uint8Array(10))).toThrow(CaptureError);
    expect(() => readCapture(new Uint8Array(100))).toThrow(/no capture/);
    expect(() => readCapture(pcap(true, [frame], 101))).toThrow(/link type 101/);
    expect(() => readCapture(pcap(true, []))).toThrow(/no packet/);
  });
});
