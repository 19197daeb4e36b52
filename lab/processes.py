"""The lab's long-lived processes, and the keeper that starts, restarts and ends them as systemd would."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field

import namespaces

RESTART_DELAY_S = 0.1  # systemd's RestartSec default
STOP_GRACE_S = 3.0
AFTER_LIMIT_S = 3.0
FRONT_NICE = -10
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass
class Process:
    name: str
    ns: str  # "" is the namespace of the host
    argv: list
    environment: dict = field(default_factory=dict)
    after: str = ""  # a path (a socket) that must exist before this starts


def die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def in_front():
    """For what the lab measures with or is measured by: whatever else runs on this machine shall not set its pace."""
    die_with_parent()
    with contextlib.suppress(PermissionError):
        os.nice(FRONT_NICE)


def start(process, run_dir):
    """Starts one process with its output in the run's log folder; it dies with whoever started it."""
    log = open(f"{run_dir}/log/{process.name}.out", "ab")
    argv = namespaces.enter_command(process.ns, process.argv) if process.ns else list(map(str, process.argv))
    try:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=run_dir,
                                env={**os.environ, **process.environment}, preexec_fn=in_front,
                                start_new_session=True)
    finally:
        log.close()


def _kill_session(child):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class Keeper:
    """Runs in a process of its own, single-threaded. Its state for others is the file `processes` in the run folder."""

    def __init__(self, run_dir, processes):
        self.run_dir, self.specs = run_dir, {p.name: p for p in processes}
        self.running, self.restarts, self.due = {}, {name: 0 for name in self.specs}, {}
        self.stopping = False

    def run(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for name in self.specs:
            self._start(name)
        while not self.stopping:
            self._look()
            time.sleep(0.02)
        self._end()

    def _stop(self, *_):
        self.stopping = True

    def _start(self, name):
        deadline = time.monotonic() + AFTER_LIMIT_S
        while (after := self.specs[name].after) and not os.path.exists(after) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.running[name] = start(self.specs[name], self.run_dir)
        self._publish()

    def _look(self):
        now = time.monotonic()
        for name, child in list(self.running.items()):
            if child.poll() is not None:
                _kill_session(child)  # as systemd ends what is left of a service
                del self.running[name]
                self.restarts[name] += 1
                # A process that cannot live is tried ever more slowly, at most every two seconds.
                self.due[name] = now + min(RESTART_DELAY_S * 2 ** max(0, self.restarts[name] - 3), 2.0)
                with open(f"{self.run_dir}/log/{name}.out", "a", encoding="utf-8") as log:
                    log.write(f"-- keeper: ended with {child.returncode}, restart {self.restarts[name]}\n")
                self._publish()
        for name, at in list(self.due.items()):
            if now >= at:
                del self.due[name]
                self._start(name)

    def _end(self):
        for name, child in reversed(self.running.items()):
            child.terminate()
        deadline = time.monotonic() + STOP_GRACE_S
        for child in self.running.values():
            try:
                child.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{child.args}: did not end when asked", file=sys.stderr, flush=True)
                child.kill()
                child.wait()
            _kill_session(child)
        self.running.clear()
        self._publish()

    def _publish(self):
        state = {name: {"pid": self.running[name].pid if name in self.running else None,
                        "restarts": self.restarts[name]} for name in self.specs}
        temporary = f"{self.run_dir}/processes.new"
        with open(temporary, "w", encoding="utf-8") as out:
            json.dump(state, out)
        os.replace(temporary, f"{self.run_dir}/processes")


def state(run_dir):
    try:
        with open(f"{run_dir}/processes", encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def spawn_keeper(run_dir, processes, tied):
    """Starts a keeper for these processes; tied: it dies with the caller (demo), else it goes on (lab up)."""
    with open(f"{run_dir}/wanted.json", "w", encoding="utf-8") as out:
        json.dump([asdict(p) for p in processes], out)
    with open(f"{run_dir}/log/keeper.out", "ab") as log:
        keeper = subprocess.Popen([sys.executable, os.path.abspath(__file__), run_dir], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, start_new_session=True,
                                  preexec_fn=die_with_parent if tied else None)
    with open(f"{run_dir}/keeper.pid", "w", encoding="utf-8") as out:
        out.write(str(keeper.pid))
    return keeper


def stop_keeper(run_dir, grace_s=STOP_GRACE_S + 2):
    """Ends the keeper of a run, by the pid that it left, after checking that the pid is still it."""
    try:
        with open(f"{run_dir}/keeper.pid", encoding="utf-8") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            if run_dir.encode() not in file.read().split(b"\0"):
                return
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            if not os.path.exists(f"/proc/{pid}"):
                return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    with open(f"{sys.argv[1]}/wanted.json", encoding="utf-8") as wanted:
        Keeper(sys.argv[1], [Process(**entry) for entry in json.load(wanted)]).run()
