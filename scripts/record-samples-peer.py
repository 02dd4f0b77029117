#!/usr/bin/python3
"""The odd peers of scripts/record-samples: what no ordinary server or client would do on request.

serve PORT [TCP_PORT...]    echo server over TCP and UDP, IPv4 and IPv6. Three requests are not echoed:
                            "get N" sends N bytes, "after S N" sends N bytes after S seconds, and over TCP
                            "close" closes and "reset" resets the connection.
chat HOST PORT              a TCP and a UDP conversation
extensions HOST PORT        UDP over IPv6 with fragments and with destination options
reuse HOST PORT             the same source port for two connections
idle HOST PORT              three conversations in four phases, PAUSE seconds apart
reset HOST PORT             connections that end by RST, and one that is refused
absent HOST...              datagrams to a port where nobody is, and to the server's port
nowhere HOST...             TCP and UDP to hosts that cannot be reached
tunnel DEVICE KIND LOCAL REMOTE   carries the packets of a TUN device in IP (KIND ipip) or in GRE (KIND gre)
"""

import fcntl
import os
import selectors
import socket
import struct
import sys
import threading
import time

SERVER_PORT = 7000
PAUSE = 2.0


def text(size):
    return (b"the quick brown fox jumps over the lazy dog\n" * (size // 44 + 1))[:size]


def answer_to(request):
    words = request.split()
    if words[:1] == [b"get"]:
        return text(int(words[1]))
    if words[:1] == [b"after"]:
        time.sleep(float(words[1]))
        return text(int(words[2]))
    return request


# ------------------------------------------------------------------------------------------------ the server


def serve_connection(connection):
    with connection:
        for line in connection.makefile("rb"):
            if line == b"close\n":
                return
            if line == b"reset\n":
                reset_on_close(connection)
                # The line reader holds the socket as well, so close() alone would leave it open.
                os.close(connection.detach())
                return
            connection.sendall(answer_to(line))


def serve_tcp(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=ignore_resets, args=(connection,), daemon=True).start()


def ignore_resets(connection):
    try:
        serve_connection(connection)
    except OSError:
        pass


def serve_udp(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", port))
    while True:
        request, sender = server.recvfrom(65535)
        threading.Thread(target=lambda: server.sendto(answer_to(request), sender), daemon=True).start()


def serve(port, *tcp_ports):
    for number in tcp_ports:
        threading.Thread(target=serve_tcp, args=(int(number),), daemon=True).start()
    threading.Thread(target=serve_udp, args=(int(port),), daemon=True).start()
    serve_tcp(int(port))


# ------------------------------------------------------------------------------------------------ the clients


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def connect(host, port, source_port=0):
    client = socket.socket(family_of(host), socket.SOCK_STREAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.settimeout(20)
    client.bind(("", source_port))
    client.connect((host, int(port)))
    return client


def open_udp(host, port, source_port=0):
    client = socket.socket(family_of(host), socket.SOCK_DGRAM)
    client.settimeout(20)
    client.bind(("", source_port))
    client.connect((host, int(port)))
    return client


def receive(client, size):
    while size > 0:
        got = client.recv(size)
        if not got:
            raise EOFError("the server closed too early")
        size -= len(got)


def ask(client, request, size):
    client.sendall(request)
    receive(client, size)


def reset_on_close(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def chat(host, port):
    with connect(host, port) as client:
        ask(client, b"hello\n", 6)
        ask(client, b"get 4000\n", 4000)
        time.sleep(0.1)
        ask(client, text(88), 88)
    with open_udp(host, port) as client:
        for size in (1, 40, 1000):
            ask(client, text(size), size)
            time.sleep(0.05)
        client.send(b"get 300")
        receive(client, 300)


def extensions(host, port):
    with open_udp(host, port) as client:
        for size in (3000, 1452, 1453):  # of which the second just fits into 1500 bytes
            client.send(text(size))
            client.recv(65535)
    with open_udp(host, port) as client:
        # Next header and length are filled in by the kernel; PadN of six bytes.
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
        for size in (40, 80):
            ask(client, text(size), size)


def reuse(host, port):
    for size in (500, 3000):
        with connect(host, port, 40000) as client:
            ask(client, b"get %d\n" % size, size)
            # The server closes first: the state of the old connection stays with it, and the port is free here.
            client.sendall(b"close\n")
            client.recv(1)
        time.sleep(0.5)
        with open_udp(host, port, 40000) as client:
            ask(client, b"hello", 5)
    with connect(host, port, 40001) as client:
        ask(client, b"hello\n", 6)


def idle(host, port):
    start = time.monotonic()

    def phase(number):
        time.sleep(max(0, start + number * PAUSE - time.monotonic()))

    wakes_up = connect(host, port, 40000)
    keeps_on = connect(host, port, 40001)
    datagrams = open_udp(host, port, 40002)
    ask(wakes_up, b"hello\n", 6)
    ask(keeps_on, b"hello\n", 6)
    ask(datagrams, b"hello", 5)
    wakes_up.sendall(b"after %.2f 200\n" % (start + 2 * PAUSE - time.monotonic()))
    datagrams.send(b"after %.2f 120" % (start + 3 * PAUSE - time.monotonic()))
    phase(1)
    ask(keeps_on, b"still here\n", 11)
    phase(2)
    receive(wakes_up, 200)
    ask(keeps_on, b"still here\n", 11)
    phase(3)
    datagrams.recv(65535)
    ask(datagrams, b"goodbye", 7)
    ask(keeps_on, b"goodbye\n", 8)
    ask(wakes_up, b"goodbye\n", 8)
    keeps_on.close()
    wakes_up.close()
    datagrams.close()


def reset(host, port):
    with connect(host, port) as client:  # by the client, in the middle
        ask(client, b"get 2000\n", 2000)
        reset_on_close(client)
    with connect(host, port) as client:  # by the server
        ask(client, b"hello\n", 6)
        client.sendall(b"reset\n")
        try:
            client.recv(1)
        except ConnectionResetError:
            pass
    with connect(host, port) as client:  # by a client that does not read all that it was sent
        client.sendall(b"get 2000\n")
        receive(client, 100)
        time.sleep(0.2)
    try:  # refused: nobody listens there
        connect(host, int(port) + 1)
    except ConnectionRefusedError:
        pass
    with connect(host, port) as client:  # and one that ends well
        ask(client, b"hello\n", 6)


def absent(*hosts):
    for host in hosts:
        with open_udp(host, SERVER_PORT + 1, 40000) as client:
            for size in (1, 100, 1000):
                try:
                    client.send(text(size))
                    client.recv(65535)
                except ConnectionRefusedError:
                    pass
                time.sleep(0.1)
        with open_udp(host, SERVER_PORT, 40000) as client:
            ask(client, b"hello", 5)


def nowhere(*hosts):
    for host in hosts:
        for opener in (connect, open_udp):
            try:
                with opener(host, SERVER_PORT, 40000) as client:
                    client.settimeout(0.5)  # UDP is not told of an unreachable host
                    client.send(b"hello")
                    client.recv(65535)
            except OSError:
                pass


# ------------------------------------------------------------------------------------------------ the tunnel

IFF_TUN_NO_PI = 0x1001
TUNSETIFF = 0x400454CA
PROTOCOL_OF_VERSION = {4: socket.IPPROTO_IPIP, 6: socket.IPPROTO_IPV6}
ETHERTYPE_OF_VERSION = {4: 0x0800, 6: 0x86DD}


def open_tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return device


def open_raw(local, remote, protocol):
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol)
    raw.bind((local, 0))
    raw.connect((remote, 0))
    return raw


def tunnel(name, kind, local, remote):
    device = open_tun(name)
    protocols = [socket.IPPROTO_GRE] if kind == "gre" else list(PROTOCOL_OF_VERSION.values())
    sockets = {protocol: open_raw(local, remote, protocol) for protocol in protocols}
    ready = selectors.DefaultSelector()
    ready.register(device, selectors.EVENT_READ)
    for raw in sockets.values():
        ready.register(raw, selectors.EVENT_READ)
    header = 24 if kind == "gre" else 20  # what comes before the inner packet, with the outer IP header
    while True:
        for key, _ in ready.select():
            if key.fileobj != device:
                os.write(device, key.fileobj.recv(65535)[header:])
                continue
            packet = os.read(device, 65535)
            version = packet[0] >> 4
            if kind == "gre":
                sockets[socket.IPPROTO_GRE].send(struct.pack("!HH", 0, ETHERTYPE_OF_VERSION[version]) + packet)
            else:
                sockets[PROTOCOL_OF_VERSION[version]].send(packet)


COMMANDS = {
    function.__name__: function
    for function in (serve, chat, extensions, reuse, idle, reset, absent, nowhere, tunnel)
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
