"""One lab of some kind that is up under a name: a folder, namespaces, and a keeper of processes. Both topologies come and go by
these lines."""

import os
import shutil
import time

import namespaces
import processes

RUNS = "/run/sluice-lab"


class LabError(Exception):
    """What went wrong, and what to do, in a sentence for people."""


def run_folder(instance):
    return f"{RUNS}/{instance or 'default'}"


class Instance:
    """Its kinds say what begin() makes, and what stands in the logs that matter when it does not come up."""

    how_to_end = "./dev lab down"

    def __init__(self, run_dir, topology, tell):
        self.run_dir, self.topology, self.tell = run_dir, topology, tell
        self.keeper = None

    def ns(self, role):
        return self.topology.ns(role)

    def is_up(self):
        return os.path.exists(self.run_dir) or bool(self.topology.present())

    def up(self, tied=False):
        """tied: the processes die with the caller, whatever becomes of it."""
        reason = namespaces.why_not()
        if reason:
            raise LabError(reason)
        if self.is_up():
            raise LabError(f"this lab is up already: '{self.how_to_end}' first, or choose another --instance")
        self.check()
        os.makedirs(f"{self.run_dir}/log")
        self.keeper = processes.spawn_keeper(self.run_dir, self.begin(), tied)
        self.wait_ready()

    def check(self):
        """Raises, before anything is made, when something is missing."""

    def begin(self):
        """Makes folder and network; the processes that are to run."""
        raise NotImplementedError

    def wait_ready(self):
        raise NotImplementedError

    def down(self):
        processes.stop_keeper(self.run_dir)
        if self.keeper:
            self.keeper.wait()
        self.topology.down()
        shutil.rmtree(self.run_dir, ignore_errors=True)
        if os.path.isdir(RUNS) and not os.listdir(RUNS):
            os.rmdir(RUNS)

    def wait(self, what, ready, limit_s=15.0):
        deadline = time.monotonic() + limit_s
        while not ready():
            if time.monotonic() > deadline:
                raise LabError(f"{what} is not ready after {limit_s:g} s\n{self._last_words()}")
            time.sleep(0.05)

    def _last_words(self, lines=6):
        """The ends of the logs, for people: the folder goes with the lab."""
        said = []
        for name in sorted(os.listdir(f"{self.run_dir}/log")):
            with open(f"{self.run_dir}/log/{name}", encoding="utf-8", errors="replace") as log:
                tail = log.readlines()[-lines:]
            said += [f"{name}: {line.rstrip()}" for line in tail]
        return "\n".join(said)
