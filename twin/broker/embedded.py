"""The embedded broker: amqtt in a thread with an event loop of its own, by default on the loopback interface."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any, Final

from amqtt.errors import BrokerError as AmqttError

from controller.address import address_text
from twin.broker.access import Access
from twin.broker.amqtt_patches import NO_LISTENER, Kept, Listener, PatchedBroker
from twin.broker.mqtt.session import Message, RetainedMessages
from twin.broker.observation import Observer
from twin.errors import BrokerError

START_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
LINGER_S: Final = 0.5

_CHATTY_LOGGERS: Final = ("amqtt", "transitions", "websockets")


class EmbeddedBroker:
    """An MQTT 3.1.1 broker in this process.

    With port 0 it listens on any free port; `port` is the actual one after `start`. A stopped broker can be started
    again on the same port, and still has its persistent sessions and retained messages, as the hosted one has. `access`
    are its access rules; by default every client may connect. `start` raises `BrokerError` if the broker cannot listen.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, access: Access | None = None) -> None:
        self.host = host
        self.port = port
        self._access = access or Access()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._broker: PatchedBroker | None = None
        self._starts = 0
        self._listener = NO_LISTENER
        self._observe: Observer = lambda observation: None
        self._kept = Kept({}, RetainedMessages())

    def start(self) -> None:
        """Start to listen. Clients can connect when this returns."""
        assert self._thread is None, "the broker runs already"
        for name in _CHATTY_LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # The default event loop on Windows cannot stop accepting connections (`PatchedBroker.shutdown`).
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="broker", daemon=True)
        self._thread.start()
        try:
            self.port = self._call(self._listen(), START_TIMEOUT_S)
            self._starts += 1
        except (AmqttError, OSError, FutureTimeoutError) as error:
            self._broker = None
            self._end_thread()
            why = _cause(error) or f"no answer within {START_TIMEOUT_S:g} s"
            where = address_text(self.host, self.port)
            raise BrokerError(f"cannot listen on {where}: {why}; choose another port, or 0 for any") from None

    def stop(self) -> None:
        """Close all connections and the port, within `STOP_TIMEOUT_S`."""
        if self._thread is None:
            return
        try:
            if self._broker is not None:
                self._call(self._broker.shutdown(), STOP_TIMEOUT_S)
        except (FutureTimeoutError, TimeoutError):
            pass  # Tasks that delay amqtt's shutdown are cancelled below.
        finally:
            self._broker = None
            self._end_thread()

    def cut_off(self, client_id: str) -> bool:
        """Break a client's connection. Returns whether it had one. Its last will has been published then."""
        assert self._broker is not None, "the broker does not run"
        return bool(self._call(self._broker.cut_off(client_id), STOP_TIMEOUT_S))

    def shut_out(self) -> None:
        """Break every client's connection and refuse new ones until `let_in`."""
        assert self._broker is not None, "the broker does not run"
        self._call(self._broker.shut_out(), STOP_TIMEOUT_S)

    def let_in(self) -> None:
        """Accept clients again."""
        if self._broker is not None:
            self._broker.let_in()

    def listen(self, listener: Listener) -> None:
        """Set the subscriber in this process, replacing an earlier one. It stays after a stop and a start."""
        self._listener = listener
        if self._broker is not None:
            self._broker.listener = listener

    def watch(self, observe: Observer) -> None:
        """Set the function that is called, in the broker's thread, with each event of a connection."""
        self._observe = observe
        if self._broker is not None:
            self._broker.observe = observe

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> bool:
        """Publish messages at QoS 0, in order, from any thread. Returns False if the broker is stopped."""
        if self._loop is None or self._broker is None:
            return False
        self._loop.call_soon_threadsafe(self._broker.publish_here, messages)
        return True

    def retain(self, topic: str, payload: bytes) -> None:
        """Retain a message, also after a stop and a start. An empty payload removes the retained message."""
        if self._broker is None:
            self._kept.retained.keep(Message(topic=topic, payload=payload))
        else:
            self._call(self._broker.retain_message(None, topic, payload), STOP_TIMEOUT_S)

    @property
    def incarnation(self) -> int | None:
        """The number of starts so far, or None while the broker is stopped."""
        return None if self._broker is None else self._starts

    @property
    def dropped(self) -> int:
        """The number of messages dropped since the start because a client read too slowly."""
        return self._broker.dropped if self._broker is not None else 0

    def __enter__(self) -> "EmbeddedBroker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self) -> int:
        listener: dict[str, Any] = {"type": "tcp", "bind": f"{self.host}:{self.port}"}
        if self._access.cert_file is not None:
            files = {"certfile": str(self._access.cert_file), "keyfile": str(self._access.key_file)}
            listener |= {"ssl": True, **files}
        config = {
            "listeners": {"default": listener},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
        self._broker = PatchedBroker(config, self._listener, self._access, self._observe, self._kept)
        await self._broker.start()
        server: Any = self._broker._servers["default"].instance  # amqtt has no public way to get the port.
        return int(server.sockets[0].getsockname()[1])

    @staticmethod
    def _serve(loop: asyncio.AbstractEventLoop) -> None:
        loop.run_forever()
        loop.run_until_complete(_finish_tasks())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _call(self, coroutine: Any, timeout_s: float) -> Any:
        assert self._loop is not None
        future: Future[Any] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(timeout_s)

    def _end_thread(self) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_TIMEOUT_S)
        self._thread = self._loop = None


async def _finish_tasks() -> None:
    """Wait at most `LINGER_S` for running tasks, such as new connections, then cancel them."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        _, late = await asyncio.wait(tasks, timeout=LINGER_S)
        for task in late:
            task.cancel()


def _cause(error: BaseException) -> str:
    """The operating system's message in an error that amqtt has wrapped."""
    while error.__cause__ is not None:
        error = error.__cause__
    return getattr(error, "strerror", None) or str(error)
