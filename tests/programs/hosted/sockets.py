"""Sockets within the program: pairs, a server of its own, select and selectors, time-outs."""

import select
import selectors
import socket
import threading
import time

began = time.monotonic()
one, other = socket.socketpair()
threading.Timer(1.0, other.sendall, (b"x",)).start()
assert one.recv(10) == b"x"
assert abs(time.monotonic() - began - 1) < 0.05
one.settimeout(0.5)
try:
    one.recv(1)
except socket.timeout:
    assert abs(time.monotonic() - began - 1.5) < 0.05
assert select.select([one], [other], [], 1)[:2] == ([], [other])
assert select.select([one], [], [], 0.5) == ([], [], [])
assert abs(time.monotonic() - began - 2) < 0.05
server = socket.create_server(("127.0.0.1", 0))


def serve():
    connection, _ = server.accept()
    with connection, connection.makefile("rw") as file:
        file.write(file.readline().upper())
        file.flush()


threading.Thread(target=serve, daemon=True).start()
with socket.create_connection(server.getsockname()) as client, selectors.DefaultSelector() as selector:
    selector.register(client, selectors.EVENT_READ)
    client.sendall(b"hello\n")
    assert selector.select(5)
    assert client.recv(100) == b"HELLO\n"
    assert client.recv(100) == b""
assert socket.gethostbyname("broker.example") == socket.gethostbyname("broker.example")
print("ok")
