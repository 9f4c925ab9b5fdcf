"""Sockets, polls and pipes as a real system has them: python real_sockets.py NAME."""

import asyncio
import errno
import multiprocessing
import multiprocessing.connection
import os
import select
import selectors
import socket
import sys
import tempfile
import threading

from raised import raised
from stopwatch import passed

REQUEST = b"POST /aisim_tf_pre HTTP/1.1\r\nHost: service\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def a_server_of_its_own_gets_its_own_connections_only():
    server = socket.create_server(("127.0.0.1", 5000))
    for own in ("127.0.0.1", "localhost", socket.gethostname()):
        with socket.create_connection((own, 5000)):
            server.accept()[0].close()
    server.settimeout(1)
    with socket.create_connection(("service.example", 5000)) as elsewhere, socket.create_connection(("10.1.2.3", 5000)):
        elsewhere.sendall(REQUEST)
        assert elsewhere.recv(1000).startswith(b"HTTP/1.1 ")
        raised(socket.timeout, server.accept)
        passed(1)


def a_server_by_its_name():
    server = socket.socket()
    server.bind(("gate.example", 5000))
    server.listen()
    with socket.create_connection(("gate.example", 5000)):
        server.accept()


def a_path_where_nobody_listens():
    for path in ("nobody", "\0nobody"):
        for kind in (path, path.encode()):
            error = FileNotFoundError if path[0] != "\0" else ConnectionRefusedError
            with socket.socket(socket.AF_UNIX) as one:
                raised(error, one.connect, kind)
                assert one.connect_ex(kind) in (errno.ENOENT, errno.ECONNREFUSED)
    with tempfile.NamedTemporaryFile() as file, socket.socket(socket.AF_UNIX) as one:
        raised(ConnectionRefusedError, one.connect, file.name)


def a_server_at_a_path():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "gate")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        raised(ConnectionRefusedError, socket.socket(socket.AF_UNIX).connect, path)
        server.listen()
        raised(OSError, socket.socket(socket.AF_UNIX).bind, path)
        client = socket.socket(socket.AF_UNIX)
        client.connect(os.path.relpath(path))
        other, address = server.accept()
        assert (address, client.getsockname(), server.getsockname()) == ("", "", path)
        assert (client.getpeername(), other.getpeername()) == (path, "")
        client.sendall(b"open")
        assert other.recv(10) == b"open"
        server.close()
        raised(ConnectionRefusedError, socket.socket(socket.AF_UNIX).connect, path)


def asyncio_at_a_path():
    async def answer(reader, writer):
        writer.write(await reader.read(10))
        writer.close()

    async def ask(path):
        server = await asyncio.start_unix_server(answer, path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"open")
        assert await reader.read() == b"open"
        writer.close()
        server.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(ask(os.path.join(folder, "gate")))


def half_closed_between_two():
    server = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(server.getsockname())
    other = server.accept()[0]
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    assert other.recv(100) == b"question"
    assert other.recv(100) == b""
    other.sendall(b"answer")
    assert client.recv(100) == b"answer"
    raised(BrokenPipeError, client.send, b"more")
    other.close()
    assert client.recv(100) == b""


def half_closed_towards_the_service():
    with socket.create_connection(("service.example", 5000)) as client:
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1000).startswith(b"HTTP/1.1 ")
        while client.recv(1000):
            pass


def half_closed_towards_the_broker():
    with socket.create_connection(("broker.example", 1883)) as client:
        client.sendall(b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x")
        assert client.recv(4) == b"\x20\x02\x00\x00"
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4) == b""


def not_connected():
    assert raised(OSError, socket.socket().recv, 1).errno == errno.ENOTCONN
    assert raised(OSError, socket.socket().send, b"x").errno in (errno.ENOTCONN, errno.EPIPE)


def a_poll():
    one, other = socket.socketpair()
    poll = select.poll()
    poll.register(one, select.POLLIN)
    assert poll.poll(500) == []
    passed(0.5)
    threading.Timer(1, other.send, (b"x",)).start()
    assert poll.poll() == [(one.fileno(), select.POLLIN)]
    passed(1.5)
    poll.modify(one.fileno(), select.POLLIN | select.POLLOUT)
    assert poll.poll(0) == [(one.fileno(), select.POLLIN | select.POLLOUT)]
    one.recv(1)
    threading.Timer(1, other.close).start()
    poll.modify(one, select.POLLIN)
    assert poll.poll(-1)[0][1] & select.POLLIN
    passed(2.5)
    poll.unregister(one)
    raised(KeyError, poll.unregister, one)
    raised(FileNotFoundError, poll.modify, one, select.POLLIN)
    assert poll.poll(1000) == []
    passed(3.5)
    number = one.fileno()
    poll.register(number)
    one.close()
    assert poll.poll() == [(number, select.POLLNVAL)]


def an_epoll():
    one, other = socket.socketpair()
    with select.epoll() as poll:
        poll.register(one.fileno(), select.EPOLLIN | select.EPOLLET)
        threading.Timer(1, other.send, (b"x",)).start()
        assert poll.poll(0.5) == []
        assert poll.poll(5) == [(one.fileno(), select.EPOLLIN)]
        passed(1)
        assert poll.poll(1) == []  # At an edge only.
        passed(2)
        other.send(b"y")
        assert poll.poll(0) == [(one.fileno(), select.EPOLLIN)]
        poll.modify(one, select.EPOLLOUT | select.EPOLLONESHOT)
        assert poll.poll() == [(one.fileno(), select.EPOLLOUT)]
        assert poll.poll(0) == []
        raised(FileExistsError, poll.register, one)
        poll.unregister(one)
        poll.register(one, select.EPOLLIN)
        poll.register(other, select.EPOLLIN | select.EPOLLOUT)
        assert len(poll.poll(maxevents=1)) == 1
        one.close()
        assert poll.poll(0, 1)[0][0] == other.fileno()
    assert poll.closed


def a_poll_of_a_pipe_of_the_system():
    reads, writes = os.pipe()
    poll = select.poll()
    poll.register(reads, select.POLLIN)
    threading.Timer(1, os.write, (writes, b"x")).start()
    assert poll.poll(500) == []
    assert poll.poll(5000) == [(reads, select.POLLIN)]
    passed(1, within=0.2)


def selectors_of_any_kind():
    assert selectors.DefaultSelector is selectors.SelectSelector
    for name in ("PollSelector", "EpollSelector"):
        one, other = socket.socketpair()
        with getattr(selectors, name)() as selector:
            selector.register(one, selectors.EVENT_READ)
            other.send(b"x")
            assert len(selector.select(1)) == 1
    loop = asyncio.new_event_loop()
    assert isinstance(loop._selector, selectors.SelectSelector)
    loop.close()


def a_pipe_of_multiprocessing():
    one, other = multiprocessing.Pipe()
    sent = {"label": ["raw"]}
    threading.Timer(1, lambda: (one.send(sent), sent["label"].append("ripe"))).start()
    assert not other.poll(0.5)
    assert other.recv() == {"label": ["raw"]}
    passed(1)
    other.send_bytes(b"answer")
    assert one.poll()
    assert one.recv_bytes() == b"answer"
    threading.Timer(1, one.close).start()
    raised(EOFError, other.recv)
    passed(2)
    raised(BrokenPipeError, other.send, 1)
    other.close()
    assert str(raised(OSError, other.poll)) == "handle is closed"


def a_pipe_in_one_direction():
    socket.setdefaulttimeout(0.1)
    reader, writer = multiprocessing.get_context("spawn").Pipe(duplex=False)
    threading.Timer(1, writer.send, (b"x" * 100_000,)).start()
    assert len(reader.recv()) == 100_000
    passed(1)
    assert str(raised(OSError, reader.send, 1)) == "connection is read-only"


def waits_for_several_pipes():
    lines = [multiprocessing.Pipe() for _ in range(3)]
    threading.Timer(1, lines[1][1].send, (1,)).start()
    readers = [reader for reader, _ in lines]
    assert multiprocessing.connection.wait(readers, 0.5) == []
    assert multiprocessing.connection.wait(readers) == [readers[1]]
    passed(1)


def a_simple_queue_of_multiprocessing():
    line = multiprocessing.SimpleQueue()
    assert line.empty()
    threading.Timer(1, line.put, ({"label": "raw"},)).start()
    assert line.get() == {"label": "raw"}
    passed(1)


NAMES = {name: found for name, found in globals().items() if callable(found) and found.__module__ == __name__}

if __name__ == "__main__":
    NAMES[sys.argv[1]]()
    print("ok")
