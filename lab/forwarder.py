"""Brings the portal to the host: listens there on loopback and connects inside the controller's namespace.

A socket belongs to the namespace that its maker was in. So this program listens first, then moves into the namespace
for good: nothing else of the host changes.
"""

import asyncio
import socket
import sys

import namespaces


def check_port(host_port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", host_port))
        except OSError as error:
            raise RuntimeError(f"port {host_port} of 127.0.0.1 is taken ({error.strerror}); choose another with "
                               "--portal-port") from error


async def _pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()


async def serve(host_port, ns, port):
    async def client(reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        there_writer.close()
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", host_port)
    namespaces.join(ns)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
