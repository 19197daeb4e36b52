"""Writes the story as a capture file: legitimate visitors of three customers and a SYN flood on one of them. For places
where no namespaces are allowed; what `./dev demo` replays there."""

import ipaddress
import random
import struct

from addresses import ACME, CLIENT_ADDRESSES4, CUSTOMERS, DIRTY

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
SYN, ACK, FIN, PSH = 0x02, 0x10, 0x01, 0x08
EPOCH, ATTACK_S = 1_700_000_000, (5.0, 12.0)  # where virtual time begins; when the attack does, and ends
REQUEST = b"GET / HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n"


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


ETHERNET = _mac(DIRTY.b.mac) + _mac(DIRTY.a.mac) + b"\x08\x00"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def tcp_frame(source, target, sport, dport, seq, ack, flags, payload=b"", ttl=60):
    """source, target: four bytes each."""
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 64240, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp) + len(payload))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + payload)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp) + len(payload), sport, 0x4000, ttl, 6, 0) + source + target
    return ETHERNET + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp + payload


def _visits(randomness, seconds, per_s):
    """(time, frame) of what visitors send; the servers' answers do not pass the place where this is captured."""
    for customer in CUSTOMERS:
        target = ipaddress.ip_address(customer.web4).packed
        for number in range(int(seconds * per_s)):
            source = ipaddress.ip_address(CLIENT_ADDRESSES4[number % len(CLIENT_ADDRESSES4)]).packed
            at, port, seq, ack = number / per_s, 20_000 + number, randomness.getrandbits(32), randomness.getrandbits(32)
            steps = [(0, SYN, 0, b""), (0.001, ACK, 1, b""), (0.0012, ACK | PSH, 1, REQUEST),
                     (0.003, ACK | FIN, 1 + len(REQUEST), b"")]
            for later, flags, offset, payload in steps:
                yield at + later, tcp_frame(source, target, port, 80, (seq + offset) & 0xFFFFFFFF, 0 if flags == SYN else ack,
                                            flags, payload, ttl=63)


def _flood(randomness, start, end, rate_pps):
    target = ipaddress.ip_address(ACME.web4).packed
    for number in range(int((end - start) * rate_pps)):
        source = b"\xc6\x13" + randomness.randbytes(2)
        yield start + number / rate_pps, tcp_frame(source, target, randomness.randrange(1024, 65536), 80,
                                                   randomness.getrandbits(32), 0, SYN)


def write(path, seconds=20.0, attack=ATTACK_S, rate_pps=20_000, per_s=20, seed=1, epoch=EPOCH):
    """Writes the capture; the same arguments give the same bytes. Returns the number of the attack's packets."""
    randomness = random.Random(seed)
    visits = sorted(_visits(randomness, seconds, per_s), key=lambda item: item[0])
    flood = list(_flood(randomness, *attack, rate_pps))
    with open(path, "wb") as out:
        out.write(PCAP_HEADER)
        for at, frame in sorted(visits + flood, key=lambda item: item[0]):
            whole = int(at)
            out.write(struct.pack("<IIII", epoch + whole, int((at - whole) * 1e6), len(frame), len(frame)) + frame)
    return len(flood)


def read(path):
    """(time since EPOCH, source, destination) of each IPv4 frame; the addresses as four bytes."""
    with open(path, "rb") as file:
        data = file.read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    fraction = 1e-9 if data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d") else 1e-6
    at = 24
    while at + 16 <= len(data):
        seconds, parts, length, _ = struct.unpack_from(f"{order}IIII", data, at)
        at += 16
        if data[at + 12:at + 14] == b"\x08\x00":
            yield seconds - EPOCH + parts * fraction, data[at + 26:at + 30], data[at + 30:at + 34]
        at += length
