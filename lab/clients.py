"""Legitimate clients: real HTTP requests to every customer, over IPv4 and IPv6, from several source addresses.

Runs as a program in the internet's namespace and writes one JSON line a request: the moment that it began, the
customer, the family, whether the right page came, the milliseconds, and what went wrong. A request is one person's
wish for the page: a browser's patience (TIMEOUT_S) on one connection, with the kernel's own retransmissions. Besides,
one client for each customer and family asks for the page again and again on a connection that it never closes ("kept").
"""

import argparse
import asyncio
import json
import socket
import sys
import time

from addresses import CLIENT_ADDRESSES4, CLIENT_ADDRESSES6, CUSTOMERS, KEEPER4, KEEPER6
from webservers import page

TIMEOUT_S = 6.0
IPV6_SHARE = 3  # every third request
KEPT_S = 0.2  # between two requests on a kept connection


async def fetch(customer, family, source, progress):
    """None when the customer's page came, else the reason in a word or two. progress: how far it came, for the record."""
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    writer = None
    try:
        connection.bind((source, 0))
        progress["from"] = "{}:{}".format(*connection.getsockname()[:2])
        target = customer.web4 if family == socket.AF_INET else customer.web6
        await asyncio.get_running_loop().sock_connect(connection, (target, 80))
        progress["connected_ms"] = round((time.monotonic() - progress["began"]) * 1000, 1)
        reader, writer = await asyncio.open_connection(sock=connection)
        writer.write(f"GET / HTTP/1.1\r\nHost: www.{customer.name}.example\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read(-1)
        if not answer.startswith(b"HTTP/1.1 200"):
            return "not 200" if answer else "closed without an answer"
        return None if answer.endswith(page(customer).encode()) else "wrong page"
    finally:
        (writer or connection).close()


async def ask_again(customer, reader, writer):
    """The same on a connection that stays open."""
    writer.write(f"GET / HTTP/1.1\r\nHost: www.{customer.name}.example\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return "not 200"
    wanted = page(customer).encode()
    return None if await reader.readexactly(len(wanted)) == wanted else "wrong page"


async def keep(customer, family, out):
    """One connection for as long as it lasts; a new one when it has failed."""
    target, source = (customer.web4, KEEPER4) if family == socket.AF_INET else (customer.web6, KEEPER6)
    while True:
        writer, began = None, time.monotonic()
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(target, 80, local_addr=(source, 0)), TIMEOUT_S)
            problem = None
            while problem is None:
                began = time.monotonic()
                problem = await asyncio.wait_for(ask_again(customer, reader, writer), TIMEOUT_S)
                record(out, customer, family, began, problem, {"kept": True})
                await asyncio.sleep(KEPT_S)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            record(out, customer, family, began, "no answer in time" if isinstance(error, asyncio.TimeoutError)
                   else str(error), {"kept": True})
            await asyncio.sleep(KEPT_S)
        finally:
            if writer:
                writer.close()


def record(out, customer, family, began, problem, more):
    line = {"t": round(began, 6), "customer": customer.name, "ipv": 6 if family == socket.AF_INET6 else 4,
            "ok": problem is None, "ms": round((time.monotonic() - began) * 1000, 1)} | more
    if problem:
        line["problem"] = problem
    out.write(json.dumps(line) + "\n")


async def request(customer, number, out):
    family = socket.AF_INET6 if number % IPV6_SHARE == 0 else socket.AF_INET
    sources = CLIENT_ADDRESSES6 if family == socket.AF_INET6 else CLIENT_ADDRESSES4
    began = time.monotonic()
    progress = {"began": began}
    try:
        problem = await asyncio.wait_for(fetch(customer, family, sources[number % len(sources)], progress), TIMEOUT_S)
    except asyncio.TimeoutError:
        problem = "no answer in time"
    except OSError as error:
        problem = error.strerror or str(error)
    more = {"from": progress.get("from"), "connected_ms": progress.get("connected_ms")} if problem else {}
    record(out, customer, family, began, problem, more)


async def visit(customer, per_s, offset_s, out):
    """Requests at a steady pace, each on its own, whatever became of those before."""
    tasks, number, start = set(), 0, time.monotonic() + offset_s
    try:
        while True:
            await asyncio.sleep(max(0.0, start + number / per_s - time.monotonic()))
            task = asyncio.create_task(request(customer, number, out))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
    except asyncio.CancelledError:
        if tasks:
            await asyncio.wait(tasks)


async def visit_all(per_s, seconds, out):
    visitors = [asyncio.create_task(visit(c, per_s[c.name], i / 97, out)) for i, c in enumerate(CUSTOMERS)]
    visitors += [asyncio.create_task(keep(c, family, out)) for c in CUSTOMERS for family in (socket.AF_INET, socket.AF_INET6)]
    stop = asyncio.Event()
    for number in ("SIGTERM", "SIGINT"):
        asyncio.get_running_loop().add_signal_handler(getattr(__import__("signal"), number), stop.set)
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except asyncio.TimeoutError:
        pass
    for visitor in visitors:
        visitor.cancel()
    await asyncio.gather(*visitors, return_exceptions=True)


def read_records(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--rate", type=float, default=25, help="requests a second to each customer")
    options.add_argument("--acme-rate", type=float, help="requests a second to acme, if another")
    options.add_argument("--seconds", type=float, help="stop by itself after so long")
    options.add_argument("--out", help="file for the records (default: standard output)")
    chosen = options.parse_args()
    per_s = {c.name: chosen.rate for c in CUSTOMERS} | ({"acme": chosen.acme_rate} if chosen.acme_rate else {})
    with open(chosen.out, "w", buffering=1, encoding="utf-8") if chosen.out else sys.stdout as out:
        asyncio.run(visit_all(per_s, chosen.seconds, out))


if __name__ == "__main__":
    main()
