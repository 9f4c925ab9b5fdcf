"""The live page's server: loopback only, one page, one WebSocket for each watcher.

Any web page could try to open that WebSocket, so it must name the page's own origin, and the token in its address.
A watcher that does not read is dropped; it slows nothing.
"""

import asyncio
import secrets
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Final

import msgspec
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

from twin.errors import TwinError
from twin.links.hands import Hands
from twin.links.tempo import Tempo
from twin.scenario.faults import AnyFault
from twin.view.feed import Feed
from twin.view.page import page_html

HOST: Final = "127.0.0.1"
TICK_S: Final = 0.1
MOST_WAITING: Final = 100
"""Messages that a watcher may not have seen yet: ten seconds' worth. One that is further behind is dropped."""

START_S: Final = 10.0
REAL_TIME: Final = "time can't be stopped in real time: the controller goes by the wall clock and would not wait"
TRY_AGAIN: Final = 1013
REFUSED: Final = 1008


class Begin(msgspec.Struct, frozen=True, tag="begin", forbid_unknown_fields=True):
    """A watcher makes a fault act, for `lasts_s` or until it is healed."""

    fault: AnyFault
    lasts_s: float | None = None


class Heal(msgspec.Struct, frozen=True, tag="heal", forbid_unknown_fields=True):
    """A watcher ends a fault."""

    number: int


class Seen(msgspec.Struct, frozen=True, tag="seen", forbid_unknown_fields=True):
    """A watcher has seen one more message."""


class Pause(msgspec.Struct, frozen=True, tag="pause", forbid_unknown_fields=True):
    """A watcher stops the time."""


class GoOn(msgspec.Struct, frozen=True, tag="go on", forbid_unknown_fields=True):
    """A watcher lets time pass again."""


class Step(msgspec.Struct, frozen=True, tag="step", forbid_unknown_fields=True):
    """A watcher goes to the next event."""


class Speed(msgspec.Struct, frozen=True, tag="speed", forbid_unknown_fields=True):
    """A watcher lets time pass `speed` times as fast as the wall clock's."""

    speed: float


Request = Begin | Heal | Seen | Pause | GoOn | Step | Speed
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


class _Watcher:
    """One page that watches: the messages for it, and how many of them it has not seen yet."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.unseen = 0

    def tell(self, message: bytes) -> None:
        self.unseen += 1
        self.queue.put_nowait(message)


class ViewServer:
    """Serves the page of a run on a free port, from a thread of its own, while the context lasts. `url` opens it."""

    def __init__(self, feed: Feed, hands: Hands, tempo: Tempo | None = None) -> None:
        self._feed = feed
        self._hands = hands
        self._tempo = tempo
        self._watchers: set[_Watcher] = set()
        self._token = secrets.token_urlsafe(16)
        self._listener = socket.socket()
        self._listener.bind((HOST, 0))
        self._listener.listen()  # Whoever connects before the server is up waits for it.
        self._origin = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self.url = f"{self._origin}/?token={self._token}"
        config = uvicorn.Config(
            self._app(),
            log_level="error",
            access_log=False,
            timeout_graceful_shutdown=1,
            ws_per_message_deflate=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)
        self._up = threading.Event()
        self._ended = threading.Event()

    def __enter__(self) -> "ViewServer":
        self._thread.start()
        if not self._up.wait(START_S):
            raise TwinError(f"--view: the page's server did not start within {START_S:g} s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._feed.expects_end:
            self._ended.wait(START_S)
        self._server.should_exit = True
        self._thread.join(START_S)
        self._listener.close()

    def _app(self) -> FastAPI:
        app = FastAPI(lifespan=self._lifespan, openapi_url=None)

        @app.get("/", response_class=HTMLResponse)
        def page(token: str = "") -> HTMLResponse:
            if not secrets.compare_digest(token.encode(), self._token.encode()):
                return HTMLResponse("The address needs the token that twin has printed.", status_code=403)
            return HTMLResponse(page_html(), headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})

        @app.websocket("/live")
        async def live(watcher: WebSocket, token: str = "") -> None:
            own = watcher.headers.get("origin") == self._origin
            if not own or not secrets.compare_digest(token.encode(), self._token.encode()):
                await watcher.close(REFUSED)
                return
            await watcher.accept()
            await self._attend(watcher)

        return app

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self._closing = asyncio.Event()
        ticking = asyncio.create_task(self._tick())
        self._up.set()
        yield
        self._closing.set()
        await ticking

    async def _pause(self) -> None:
        """Wait for a tick, or until the server ends."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), TICK_S)

    async def _tick(self) -> None:
        """Tell every watcher what has changed, again and again."""
        while not self._closing.is_set():
            changes = self._feed.changes()
            if self._watchers:
                self._tell(msgspec.json.encode(changes))
            if self._feed.ended:
                await self._pause()  # Until the watchers have it.
                self._ended.set()
            await self._pause()

    def _tell(self, message: bytes) -> None:
        for watcher in tuple(self._watchers):
            if watcher.unseen < MOST_WAITING:
                watcher.tell(message)
            else:
                self._watchers.discard(watcher)
                watcher.queue.put_nowait(None)

    async def _attend(self, page: WebSocket) -> None:
        """Send a page the whole drawing and then all changes, and do what it asks for, until one of the two ends."""
        while (whole := self._feed.whole()) is None:
            await self._pause()
            if self._closing.is_set():
                return
        watcher = _Watcher()
        watcher.tell(msgspec.json.encode(whole))
        self._watchers.add(watcher)
        tasks = [asyncio.create_task(self._send(page, watcher)), asyncio.create_task(self._receive(page, watcher))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchers.discard(watcher)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, page: WebSocket, watcher: _Watcher) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while (message := await watcher.queue.get()) is not None:
                await page.send_text(message.decode())
            await page.close(TRY_AGAIN)

    async def _receive(self, page: WebSocket, watcher: _Watcher) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                refusal = self._obey(await page.receive_text(), watcher)
                if refusal is not None:
                    watcher.tell(msgspec.json.encode({"kind": "refused", "why": refusal}))

    def _obey(self, text: str, watcher: _Watcher) -> str | None:
        """Do what a watcher asks for. Returns why not, if it is refused."""
        try:
            request: Request = _requests.decode(text.encode())
            if isinstance(request, Seen):
                watcher.unseen -= 1
            elif isinstance(request, Begin):
                self._hands.begin(request.fault, request.lasts_s)
            elif isinstance(request, Heal):
                self._hands.heal(request.number)
            else:
                self._change_tempo(request)
        except (msgspec.DecodeError, TwinError) as error:
            return str(error)
        return None

    def _change_tempo(self, request: Pause | GoOn | Step | Speed) -> None:
        """Raises `TwinError` in real time, and for a speed that is out of range."""
        tempo = self._tempo
        if tempo is None:
            raise TwinError(REAL_TIME)
        if isinstance(request, Speed):
            tempo.set_speed(request.speed)
        elif isinstance(request, Pause):
            tempo.pause()
        elif isinstance(request, GoOn):
            tempo.go_on()
        else:
            tempo.step()
