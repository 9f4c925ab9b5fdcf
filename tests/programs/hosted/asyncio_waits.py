"""asyncio: sleeps, time-outs, threads, signals, streams within the program."""

import asyncio
import os
import signal
import time


async def serve(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()


async def main():
    began = time.monotonic()
    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
    assert abs(time.monotonic() - began - 2) < 0.05
    try:
        await asyncio.wait_for(asyncio.sleep(10), 1)
    except asyncio.TimeoutError:
        assert abs(time.monotonic() - began - 3) < 0.05
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, time.sleep, 1)
    assert abs(time.monotonic() - began - 4) < 0.05
    asked, queue = asyncio.Event(), asyncio.Queue()
    loop.add_signal_handler(signal.SIGUSR1, asked.set)
    loop.call_later(1, os.kill, os.getpid(), signal.SIGUSR1)
    await asked.wait()
    assert abs(time.monotonic() - began - 5) < 0.05
    loop.call_later(1, queue.put_nowait, "x")
    assert await queue.get() == "x"
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(b"hello\n")
    assert await reader.readline() == b"HELLO\n"
    writer.close()
    server.close()
    assert abs(time.monotonic() - began - 6) < 0.05
    print("ok")


asyncio.run(main())
