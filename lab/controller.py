"""The lab's view of the controller: its REST interface and event stream, as any client would use them."""

import datetime
import http.client
import json
import socket
import threading
import time

from addresses import PORTAL_PORT
import namespaces

BASE = "/api/v1"


class NotReachable(Exception):
    pass


def monotonic_of(time_text):
    """An RFC 3339 time of this machine as seconds of time.monotonic()."""
    at = datetime.datetime.fromisoformat(time_text.replace("Z", "+00:00")).timestamp()
    return at - time.time() + time.monotonic()


class _Connection(http.client.HTTPConnection):
    def __init__(self, ns, timeout):
        super().__init__("127.0.0.1", PORTAL_PORT, timeout=timeout)
        self._ns = ns

    def connect(self):
        with namespaces.inside(self._ns):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))


class Controller:
    def __init__(self, ns, login, password):
        self._ns, self._login, self._password, self._token = ns, login, password, None

    def get(self, path):
        return self.call("GET", path)[1]

    def call(self, method, path, body=None, content_type="application/json"):
        """(headers, decoded answer). Signs in when that is needed; NotReachable when nobody answers."""
        for _ in range(2):
            if self._token is None and not path.startswith(("/session", "/health")):
                self._token = self._sign_in()
            status, headers, answer = self._once(method, path, body, content_type)
            if status != 401 or path == "/session":
                break
            self._token = None
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return headers, answer

    def _sign_in(self):
        body = json.dumps({"login": self._login, "password": self._password})
        return self.call("POST", "/session", body)[1]["token"]

    def _once(self, method, path, body, content_type):
        connection = _Connection(self._ns, timeout=10)
        headers = {"Content-Type": content_type} if body is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection.request(method, BASE + path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise NotReachable(str(error)) from error
        finally:
            connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, answer.headers, json.loads(text) if is_json and text else text

    def healthy(self):
        try:
            self.get("/health")
            return True
        except (NotReachable, RuntimeError):
            return False

    def stream(self, on_event):
        """Calls on_event(kind, data) for each server-sent event, in a thread, over reconnects, until the result is
        told to stop()."""
        return _Stream(self, self._ns, on_event)

    def stream_headers(self, last_id):
        if self._token is None:
            self._token = self._sign_in()
        return {"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"} | (
            {"Last-Event-ID": last_id} if last_id else {})

    def forget_token(self):
        self._token = None


class _Stream:
    def __init__(self, controller, ns, on_event):
        self._controller, self._ns, self._on_event = controller, ns, on_event
        self._stopping, self._last_id = threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join(3)

    def _run(self):
        while not self._stopping.is_set():
            try:
                self._read()
            except (OSError, http.client.HTTPException, NotReachable, RuntimeError, ValueError):
                self._stopping.wait(0.2)

    def _read(self):
        connection = _Connection(self._ns, timeout=2)
        try:
            connection.request("GET", BASE + "/events/stream", headers=self._controller.stream_headers(self._last_id))
            answer = connection.getresponse()
            if answer.status != 200:
                self._controller.forget_token()
                self._stopping.wait(0.2)
                return
            fields = {}
            # The stream says something once a second; two seconds of silence end the connection.
            while not self._stopping.is_set():
                line = answer.readline()
                if not line:
                    return
                line = line.decode().rstrip("\r\n")
                if line:
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                elif "event" in fields:
                    self._last_id = fields.get("id", self._last_id)
                    self._on_event(fields["event"], json.loads(fields.get("data") or "{}"))
                    fields = {}
        finally:
            connection.close()
