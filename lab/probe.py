"""A host of the firewall lab: servers on every port that is tried, a client that tries, and a listener on the wire.

Started in the host's namespace with its settings (JSON) as argument; says "ready", and then answers one line with another:
  {"probe": [{"id", "proto": tcp|udp|icmp, "src", "dst", "port", "sport"?}], "patience_s"}  what became of each
  {"seen": true}       frames seen on the wire with a customer's mark in them, by customer
Servers answer who they are and whom they saw: "NAME SOURCE PORT TTL". A mark, mark-CUSTOMER-NAME, is in everything that is sent.
"""

import errno
import json
import selectors
import socket
import struct
import sys
import time

TCP_PORTS = (22, 25, 80, 443, 8443)
UDP_PORTS = (53, 123, 5000)
CLOSED_UDP_PORT = 5001  # nobody listens: the answer is an ICMP error
PACE_S = 0.003
ETH_P_ALL = 3
IP_RECVTTL = 12  # Linux; not in the socket module
REFUSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)
CUSTOMERS = ("acme", "bolt")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Host:
    def __init__(self, settings):
        self.name, self.addresses = settings["name"], settings["addresses"]
        self.mark = f"mark-{settings['customer'] or 'none'}-{self.name}"
        self.selector = selectors.DefaultSelector()
        self.seen = {customer: 0 for customer in CUSTOMERS}
        self.results = {}
        self._listen_on_the_wire()
        for address in self.addresses:
            for port in TCP_PORTS:
                self._serve_tcp(address, port)
            for port in UDP_PORTS:
                self._serve_udp(address, port)
        # A network makes itself known: the gateway learns its router from what it sends.
        self.greet(settings["gateways"])

    def greet(self, gateways):
        for gateway in gateways:
            source = next(a for a in self.addresses if family_of(a) == family_of(gateway))
            self._probe({"id": f"greet-{gateway}", "proto": "icmp", "src": source, "dst": gateway})

    # --- the wire

    def _listen_on_the_wire(self):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        wire.setblocking(False)
        self.selector.register(wire, selectors.EVENT_READ, self._on_wire)

    def _on_wire(self, wire):
        for _ in range(200):
            try:
                frame = wire.recv(65535)
            except BlockingIOError:
                return
            for customer in CUSTOMERS:
                if b"mark-" + customer.encode() in frame:
                    self.seen[customer] += 1

    # --- servers

    def _serve_tcp(self, address, port):
        server = socket.socket(family_of(address), socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(256)
        server.setblocking(False)
        self.selector.register(server, selectors.EVENT_READ, self._on_accept)

    def _on_accept(self, server):
        try:
            client, peer = server.accept()
        except OSError:
            return
        client.setblocking(False)
        self.selector.register(client, selectors.EVENT_READ, lambda c: self._on_request(c, peer))

    def _on_request(self, client, peer):
        try:
            if client.recv(4096):
                client.send(f"{self.name} {peer[0]} {peer[1]} 0 {self.mark}\n".encode())
                return
        except BlockingIOError:  # a question, asked in this turn, took turns of its own and has answered
            return
        except OSError:
            pass
        self.selector.unregister(client)
        client.close()

    def _serve_udp(self, address, port):
        server = socket.socket(family_of(address), socket.SOCK_DGRAM)
        if family_of(address) == socket.AF_INET:
            server.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        else:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        server.bind((address, port))
        server.setblocking(False)
        self.selector.register(server, selectors.EVENT_READ, self._on_datagram)

    def _on_datagram(self, server):
        try:
            _, extra, _, peer = server.recvmsg(2048, 64)
            ttl = next((struct.unpack("=i", data[:4])[0] for _, _, data in extra), 0)
            server.sendto(f"{self.name} {peer[0]} {peer[1]} {ttl} {self.mark}".encode(), peer)
        except OSError:
            pass

    # --- the client

    def probe(self, probes, patience_s):
        self.results = {}
        for probe in probes:
            self._probe(probe)
            self._turn(PACE_S)
        deadline = time.monotonic() + patience_s
        while len(self.results) < len(probes) and time.monotonic() < deadline:
            self._turn(0.05)
        for key, (probe, sock) in [(k.data.key, (k.data.probe, k.fileobj)) for k in list(self.selector.get_map().values())
                                   if isinstance(k.data, Attempt)]:
            self.selector.unregister(sock)
            sock.close()
            self.results.setdefault(key, {"result": "drop"})
        return self.results

    def _turn(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                if key.fileobj.fileno() < 0:
                    continue  # a question, asked in this turn, took turns of its own and has closed it
                if isinstance(key.data, Attempt):
                    key.data.step(key.fileobj)
                else:
                    key.data(key.fileobj)

    def _probe(self, probe):
        attempt = {"tcp": TcpAttempt, "udp": UdpAttempt, "icmp": EchoAttempt}[probe["proto"]](self, probe)
        attempt.begin()

    def done(self, attempt, sock, result, text=""):
        self.selector.unregister(sock)
        sock.close()
        words = text.split()
        self.results[attempt.key] = {"result": result, "ms": round((time.monotonic() - attempt.began) * 1000, 1)} | (
            {"server": words[0], "source": words[1], "ttl": int(words[3])} if len(words) >= 4 else {})

    def run(self):
        self._turn(0.3)
        self._say("ready")
        self.selector.register(sys.stdin, selectors.EVENT_READ, self._on_question)
        while True:
            self._turn(1)

    def _on_question(self, _):
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        question = json.loads(line)
        self.selector.unregister(sys.stdin)
        if "probe" in question:
            self._say(self.probe(question["probe"], question["patience_s"]))
        else:
            self._say(self.seen)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self._on_question)

    @staticmethod
    def _say(words):
        print(json.dumps(words), flush=True)


class Attempt:
    def __init__(self, host, probe):
        self.host, self.probe, self.key, self.began = host, probe, probe["id"], time.monotonic()
        self.family = family_of(probe["dst"])

    def open(self, kind, protocol=0):
        sock = socket.socket(self.family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((self.probe["src"], self.probe.get("sport", 0)))
        return sock

    def failed(self, sock, error):
        known = error.errno in REFUSED
        self.host.done(self, sock, "reject" if known else f"error {errno.errorcode.get(error.errno, error.errno)}")


class TcpAttempt(Attempt):
    def begin(self):
        sock, self.connected = self.open(socket.SOCK_STREAM), False
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
        self.host.selector.register(sock, selectors.EVENT_WRITE, self)
        if (code := sock.connect_ex((self.probe["dst"], self.probe["port"]))) not in (0, errno.EINPROGRESS):
            self.failed(sock, OSError(code, ""))

    def step(self, sock):
        if (code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            return self.failed(sock, OSError(code, ""))
        try:
            if not self.connected:
                self.connected = True
                sock.send(self.host.mark.encode())
                self.host.selector.modify(sock, selectors.EVENT_READ, self)
            else:
                self.host.done(self, sock, "allow", sock.recv(4096).decode())
        except OSError as error:
            self.failed(sock, error)
        return None


class UdpAttempt(Attempt):
    def begin(self):
        sock = self.open(socket.SOCK_DGRAM)
        self.host.selector.register(sock, selectors.EVENT_READ, self)
        try:
            sock.connect((self.probe["dst"], self.probe["port"]))
            sock.send(self.host.mark.encode())
        except OSError as error:
            self.failed(sock, error)

    def step(self, sock):
        try:
            self.host.done(self, sock, "allow", sock.recv(4096).decode())
        except OSError as error:
            self.failed(sock, error)


class EchoAttempt(Attempt):
    """A raw socket: what the kernel would make of errors differs between the families."""

    number = 1000

    def begin(self):
        self.v6 = self.family == socket.AF_INET6
        EchoAttempt.number += 1
        self.ident = EchoAttempt.number
        sock = self.open(socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if self.v6 else socket.IPPROTO_ICMP)
        self.host.selector.register(sock, selectors.EVENT_READ, self)
        body = struct.pack("!BBHHH", 128 if self.v6 else 8, 0, 0, self.ident, 1) + self.host.mark.encode()
        if not self.v6:
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        try:
            sock.sendto(body, (self.probe["dst"], 0))
        except OSError as error:
            self.failed(sock, error)

    def step(self, sock):
        try:
            message, peer = sock.recvfrom(4096)
        except OSError as error:
            return self.failed(sock, error)
        if not self.v6:
            message = message[(message[0] & 15) * 4:]
        kind = message[0]
        if kind == (129 if self.v6 else 0) and message[4:6] == struct.pack("!H", self.ident):
            return self.host.done(self, sock, "allow", f"- {peer[0]} 0 0")
        if kind == (1 if self.v6 else 3):
            quoted = message[8:]
            inner = quoted[40:] if self.v6 else quoted[(quoted[0] & 15) * 4:]
            if inner[0] == (128 if self.v6 else 8) and inner[4:6] == struct.pack("!H", self.ident):
                return self.host.done(self, sock, "reject")
        return None


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


if __name__ == "__main__":
    Host(json.loads(sys.argv[1])).run()
