"""amqtt 0.12.1 with the cures that a line needs. Its version is pinned: this leans on amqtt's own methods.

Cured: a connection that never says CONNECT is closed after a while, and when the broker stops; a second client with
the same id takes the first one's place (MQTT 3.1.1, 3.1.4-2); a client that is silent for one and a half times its
keep-alive is disconnected, so that its last will is sent (3.1.2-24).
"""

import asyncio
from typing import Any, Final

from amqtt.adapters import ReaderAdapter, StreamReaderAdapter, StreamWriterAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.errors import NoDataError
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import Session

CONNECT_TIMEOUT_S: Final = 10.0
KEEP_ALIVE_GRACE: Final = 1.5


class TimedReader(StreamReaderAdapter):  # type: ignore[misc]
    """A client's bytes; `heard_s` is when the last of them came, on the loop's clock."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self._loop = asyncio.get_running_loop()
        self.heard_s = self._loop.time()

    async def read(self, n: int = -1) -> bytes:
        """Read, and note when."""
        content: bytes = await super().read(n)
        self.heard_s = self._loop.time()
        return content


class HardenedBroker(Broker):  # type: ignore[misc]
    """amqtt's broker, for lines."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._open: set[asyncio.StreamWriter] = set()
        self._by_client: dict[str, WriterAdapter] = {}
        self._watches: dict[WriterAdapter, asyncio.Task[None]] = {}

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a connection, and close it whatever becomes of it."""
        self._open.add(writer)
        timed = TimedReader(reader)
        adapter = StreamWriterAdapter(writer)
        try:
            await self._client_connected(listener_name, timed, adapter)
        finally:
            self._open.discard(writer)
            if adapter in self._watches:
                self._watches.pop(adapter).cancel()
            for client_id in [name for name, held in self._by_client.items() if held is adapter]:
                del self._by_client[client_id]
            writer.close()

    async def shutdown(self) -> None:
        """Stop, with every connection closed first: amqtt would wait for those that never said CONNECT."""
        for writer in list(self._open):
            writer.close()
        await super().shutdown()

    async def cut_off(self, client_id: str) -> bool:
        """Drop a client's connection as a network would; returns whether it had one."""
        adapter = self._by_client.pop(client_id, None)
        if adapter is None:
            return False
        await adapter.close()
        return True

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[BrokerProtocolHandler, Session]:
        welcome = super()._initialize_client_session(reader, writer, remote_address, remote_port)
        try:
            handler, session = await asyncio.wait_for(welcome, CONNECT_TIMEOUT_S)
        except TimeoutError:
            raise NoDataError(f"no CONNECT within {CONNECT_TIMEOUT_S} s") from None
        await self.cut_off(session.client_id)
        self._by_client[session.client_id] = writer
        if session.keep_alive > 0:
            allowed_s = KEEP_ALIVE_GRACE * session.keep_alive
            self._watches[writer] = asyncio.create_task(_watch(reader, writer, allowed_s))
        return handler, session


async def _watch(reader: TimedReader, writer: WriterAdapter, allowed_s: float) -> None:
    """Close a connection that has been silent for longer than its keep-alive allows."""
    loop = asyncio.get_running_loop()
    while True:
        left_s = reader.heard_s + allowed_s - loop.time()
        if left_s <= 0:
            break
        await asyncio.sleep(left_s)
    await writer.close()
