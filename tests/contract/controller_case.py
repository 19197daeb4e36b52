"""The real controller with a link peer, two tenants and a user of each role: what the tests of the API stand on."""

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import http.server

SOURCE = os.environ.get("SLUICE_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("SLUICE_BIN", os.path.join(SOURCE, "build", "release", "bin"))
BASE = "/api/v1"
OPERATOR_PASSWORD = "operator password of the test"
PASSWORD = "password of a user of the test"

POLICY = """\
tenants:
  - slug: acme
    name: Acme Marker Ltd
    sites:
      - name: acme-headquarters
        line_rate: 1 Gbps
    prefixes:
      - prefix: 192.0.2.0/26
        site: acme-headquarters
        consent: auto
      - prefix: 192.0.2.64/26
        consent: ask
      - prefix: 2001:db8:a::/48
        consent: "off"
    firewall:
      zones: [acme-inside]
      attachments:
        - {name: acme-line, site: acme-headquarters, zone: acme-inside, kind: vlan, vlan: 110, prefixes: [10.0.0.0/8]}
      addresses: [{name: acme-server, addresses: 10.2.0.10}]
      rules: [{name: acme-web, from: internet, to: acme-inside, destination: 192.0.2.10, service: https, action: allow}]
      nat: [{name: acme-forward, kind: port-forward, public: 192.0.2.10, service: https, server: 10.2.0.10}]
  - slug: bolt
    name: Bolt Marker plc
    sites:
      - name: bolt-office
    prefixes:
      - prefix: 203.0.113.0/26
        site: bolt-office
        consent: auto
    firewall:
      zones: [inside]
      attachments: [{name: line, site: bolt-office, zone: inside, kind: vlan, vlan: 120, prefixes: [10.0.0.0/8]}]
      rules: [{name: out, from: inside, to: internet, action: allow}]
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """Speaks as one caller. A token of None is nobody."""

    def __init__(self, port, token=None):
        self.port, self.token = port, token

    def call(self, method, path, body=None, headers=None, content_type="application/json"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        send = dict(headers or {})
        if self.token:
            send["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            send["Content-Type"] = content_type
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
        connection.request(method, BASE + path, body=body, headers=send)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), text)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def ok(self, method, path, body=None, **more):
        answer = self.call(method, path, body, **more)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    def change(self, method, path, body):
        """A change with the ETag that the object has now."""
        tag = self.ok("GET", path).headers["etag"]
        return self.call(method, path, body, headers={"If-Match": tag})


class EventReader:
    """Collects the messages of an event stream: (event, id, data). It is open when it is there: nothing later is missed."""

    def __init__(self, client, path="/events/stream", last_id=None):
        self._socket = socket.create_connection(("127.0.0.1", client.port), timeout=20)
        head = f"GET {BASE}{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.token}\r\n"
        if last_id is not None:
            head += f"Last-Event-ID: {last_id}\r\n"
        self._socket.sendall((head + "\r\n").encode())
        self.messages, self.closed = [], False
        self.raw = ""
        self._answered = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._answered.wait(20), "the stream is not opened"

    def _read(self):
        file = self._socket.makefile("rb")
        try:
            while file.readline().strip():
                pass
            self._answered.set()
            buffer = ""
            while True:
                size = int(file.readline().strip() or b"0", 16)
                if size == 0:
                    break
                buffer += file.read(size).decode()
                file.readline()
                *whole, buffer = buffer.split("\n\n")
                for message in whole:
                    self.raw += message + "\n\n"
                    fields = dict(line.split(": ", 1) for line in message.split("\n") if ": " in line)
                    if "event" in fields:
                        self.messages.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
        except (OSError, ValueError):
            pass
        self.closed = True
        self._answered.set()

    def wait(self, wanted, timeout=60):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for message in list(self.messages):
                if wanted(message):
                    return message
            time.sleep(0.02)
        raise AssertionError(f"it did not come; there was {[m[0] for m in self.messages]}")

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        self._thread.join(5)


class Receiver:
    """Takes webhook calls."""

    def __init__(self):
        self.calls = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append((self.path, dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Speaker:
    """gobgpd without neighbours: it takes routes and has nobody to tell."""

    def __init__(self):
        self.port = free_port()
        self._file = tempfile.NamedTemporaryFile("w", suffix=".toml")
        self._file.write('[global.config]\n  as = 64512\n  router-id = "127.0.0.1"\n  port = -1\n')
        self._file.flush()
        self.start()

    def start(self):
        self.process = subprocess.Popen(["gobgpd", "-f", self._file.name, f"--api-hosts=127.0.0.1:{self.port}", "--pprof-disable"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def close(self):
        self.kill()
        self._file.close()


class Controller:
    def __init__(self, extra="", prepare=None):
        self.directory = tempfile.mkdtemp(prefix="sluice-api-")
        if prepare:
            prepare(self.directory)
        self.port, self.link_port = free_port(), free_port()
        self._password = os.path.join(self.directory, "password")
        with open(self._password, "w") as file:
            file.write(OPERATOR_PASSWORD + "\n")
        self.config = os.path.join(self.directory, "controller.yaml")
        with open(self.config, "w") as file:
            file.write(f"""\
controller:
  log_level: warning
  data_directory: {self.directory}/data
  rest:
    listen: 127.0.0.1:{self.port}
  link:
    listen: 127.0.0.1:{self.link_port}
  operator:
    password_file: {self._password}
  webhooks:
    private_networks: true
{extra}""")
        self._log = open(os.path.join(self.directory, "log"), "a")
        self._process = self._peer = None
        self.start()

    def start(self):
        self._process = subprocess.Popen([os.path.join(BIN, "sluice-controller"), "--config", self.config],
                                         stderr=self._log, stdout=self._log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if Client(self.port).get("/health").status == 200:
                    return
            except OSError:
                pass
            if self._process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("the controller does not start:\n" + self.log())

    def log(self):
        with open(os.path.join(self.directory, "log")) as file:
            return file.read()[-4000:]

    def kill(self, signal_number=signal.SIGKILL):
        self._process.send_signal(signal_number)
        return self._process.wait(20)

    def attach(self):
        self._peer = subprocess.Popen([os.path.join(BIN, "link_peer"), f"127.0.0.1:{self.link_port}"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, stderr=self._log)

    def say(self, line):
        self._peer.stdin.write(line + "\n")
        self._peer.stdin.flush()
        assert self._peer.stdout.readline() == "ok\n"

    def detach(self):
        if self._peer:
            self._peer.stdin.close()
            self._peer.wait(10)
            self._peer.stdout.close()
            self._peer = None

    def client(self, login=None, password=PASSWORD):
        """Somebody who has signed in; nobody without a login."""
        if login is None:
            return Client(self.port)
        answer = Client(self.port).ok("POST", "/session", {"login": login, "password": password})
        return Client(self.port, answer.json["token"])

    def operator(self):
        return self.client("operator", OPERATOR_PASSWORD)

    def close(self):
        self.detach()
        status = None
        if self._process.poll() is None:
            status = self.kill(signal.SIGTERM)
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
        return status


def until(condition, timeout=60, what="it"):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.03)
    raise AssertionError(f"{what} did not happen in {timeout} s")


def ago(seconds):
    """That time as the API writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))


class World:
    """Two tenants under attack, with everything that an API can show of them."""

    ROLES = ("operator_admin", "operator_viewer", "tenant_admin", "tenant_viewer")

    def __init__(self, prepare=None):
        self.speaker = Speaker()
        self.controller = Controller(f"  speaker:\n    server: 127.0.0.1:{self.speaker.port}\n", prepare)
        self.receiver = Receiver()
        self.operator = self.controller.operator()
        self.operator.ok("PUT", "/policy", POLICY, content_type="application/yaml")
        tenants = {t["slug"]: t["id"] for t in self.operator.ok("GET", "/tenants").json["items"]}
        self.acme, self.bolt = tenants["acme"], tenants["bolt"]
        self._people()
        self.controller.attach()
        until(lambda: any(g["up"] for g in self.operator.get("/gateways").json["items"]), what="a gateway")
        self._attacks()
        self._belongings()

    def _people(self):
        self.by_role, self.users = {}, {}
        for tenant, slug in ((None, "provider"), (self.acme, "acme"), (self.bolt, "bolt")):
            for role in self.ROLES[:2] if tenant is None else self.ROLES[2:]:
                login = f"{slug}-{role}"
                answer = self.operator.ok("POST", "/users", {"tenant_id": tenant, "login": login, "role": role,
                                                             "password": PASSWORD})
                self.users[login] = answer.json["id"]
                self.by_role[slug, role] = self.controller.client(login)
        self.acme_admin = self.by_role["acme", "tenant_admin"]
        self.bolt_admin = self.by_role["bolt", "tenant_admin"]
        self.bolt_viewer = self.by_role["bolt", "tenant_viewer"]

    def _attacks(self):
        for tenant, target in ((self.acme, "192.0.2.10/32"), (self.acme, "192.0.2.70/32"), (self.bolt, "203.0.113.5/32")):
            self.attack(tenant, target)
        for tenant, prefix in ((self.acme, "192.0.2.0/26"), (self.bolt, "203.0.113.0/26")):
            self.controller.say(f"traffic {tenant} {prefix} 80000")

    def attack(self, tenant, target):
        """An attack; gives its incident's id when its mitigation is there."""
        self.controller.say(f"finding {secrets.token_hex(6)} {tenant} {target} opened")
        return until(lambda: next((m["incident_id"] for m in self.operator.get(
            f"/mitigations?tenant_id={tenant}&limit=200").json["items"] if m["target"] == target and
            m["state"] in ("active", "proposed")), None), what=f"a mitigation for {target}")

    def mitigation(self, target, state):
        """A mitigation of this target, in this state."""
        return until(lambda: next((m for m in self.operator.get(f"/mitigations?state={state}&limit=200").json["items"]
                                   if m["target"] == target), None), what=f"{state} {target}")

    def _belongings(self):
        """What hangs on a tenant and is made by hand: webhook, token, log-ins, note."""
        for slug, admin, tenant in (("acme", self.acme_admin, self.acme), ("bolt", self.bolt_admin, self.bolt)):
            admin.ok("POST", "/webhooks", {"tenant_id": tenant, "url": f"{self.receiver.url}/{slug}-hook"})
            admin.ok("POST", "/tokens", {"name": f"{slug}-token"})
            for host in (7, 8):  # the same addresses at both
                admin.ok("PUT", f"/tenants/{tenant}/user-bindings/10.2.0.{host}",
                         {"user": f"user{host}@{slug}.example", "groups": [f"{slug}-staff"], "lifetime_s": 86400})
            incident = admin.ok("GET", "/incidents").json["items"][0]["id"]
            admin.ok("POST", f"/incidents/{incident}/notes", {"text": f"{slug}-note"})

    def close(self):
        self.receiver.close()
        status = self.controller.close()
        self.speaker.close()
        return status
