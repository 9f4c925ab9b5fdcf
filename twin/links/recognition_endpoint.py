"""The twin's recognition service: HTTP over a connection, virtual or real, answered in the line's time.

The twin's recognizer answers, with the latency and the faults in the picture's note (`controller.simulation.oracle`).
The service has the contract of `classifier.service`.
"""

import heapq
from collections.abc import Callable
from typing import Final

import h11
import msgspec

from classifier import ClassifierError, Recognizer
from classifier.recognition import SERVICE_PATH
from controller.errors import RecognizerError
from controller.simulation.oracle import Silent, read_note
from twin.links.external_controller import SERVICE_PORT

LATENCY_S: Final = 0.02
"""The latency of an answer, in s, for a picture without a note."""


class UnsupportedRequestError(Exception):
    """A request for another service than the twin's."""


class RecognitionEndpoint:
    """The service, without sockets: it takes bytes of numbered connections and returns answers when they are due.

    At its `port`, paths that do not end with `SERVICE_PATH` get a 404. `original` finds the line's picture for a posted
    one, which the program may have encoded anew.
    """

    def __init__(
        self, recognizer: Recognizer, port: int = SERVICE_PORT, *,
        original: Callable[[bytes], bytes] = lambda image: image,
    ) -> None:  # fmt: skip
        self._recognizer = recognizer
        self._original = original
        self._port = b":%d" % port
        self._connections: dict[int, h11.Connection] = {}
        self._bodies: dict[int, bytearray] = {}
        self._statuses: dict[int, int] = {}
        self._methods: dict[int, bytes] = {}
        self._answers: list[tuple[float, int, int, bytes, bool]] = []
        self._count = 0

    def received(self, connection: int, data: bytes, now_s: float) -> None:
        """Take bytes of a request. Raises `UnsupportedRequestError` if it is for another service."""
        http = self._connections.setdefault(connection, h11.Connection(h11.SERVER))
        http.receive_data(data)
        while True:
            try:
                event = http.next_event()
            except h11.RemoteProtocolError as error:
                raise UnsupportedRequestError(f"HTTP that is none: {error}") from None
            if isinstance(event, h11.Request):
                self._begin(connection, event)
                if http.they_are_waiting_for_100_continue:
                    self._push(now_s, connection, http.send(h11.InformationalResponse(status_code=100, headers=[])))
            elif isinstance(event, h11.Data):
                self._bodies[connection] += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._answer(connection, http, bytes(self._bodies.pop(connection)), now_s)
                if http.our_state is not h11.DONE:
                    return
                http.start_next_cycle()
            else:
                return

    def closed(self, connection: int) -> None:
        """Forget a closed connection and its unanswered request."""
        self._connections.pop(connection, None)
        self._answers = [answer for answer in self._answers if answer[2] != connection]
        heapq.heapify(self._answers)

    @property
    def next_due_s(self) -> float | None:
        """When the next answer is due."""
        return self._answers[0][0] if self._answers else None

    def due(self, now_s: float) -> list[tuple[int, bytes, bool]]:
        """The due answers, each with its connection, and whether the connection then closes."""
        found = []
        while self._answers and self._answers[0][0] <= now_s:
            found.append(heapq.heappop(self._answers)[2:])
        return found

    def _begin(self, connection: int, request: h11.Request) -> None:
        path = request.target.decode(errors="replace").partition("?")[0].rstrip("/")
        headers = dict(request.headers)
        elsewhere = not headers.get(b"host", b"").endswith(self._port)
        # Many programs append it to the URL that they are given, which has it already.
        served = path.endswith(SERVICE_PATH)
        if elsewhere and not served:
            raise UnsupportedRequestError(f"HTTP {request.method.decode()} {headers.get(b'host', b'').decode()}{path}")
        self._bodies[connection] = bytearray()
        self._methods[connection] = request.method
        self._statuses[connection] = 404 if not served else 200 if request.method == b"POST" else 405

    def _answer(self, connection: int, http: h11.Connection, posted: bytes, now_s: float) -> None:
        image = posted if read_note(posted) is not None else self._original(posted)
        note = read_note(image)
        status = self._statuses.pop(connection)
        body = self._answer_body(image) if status == 200 else b"{}"
        headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
        response = h11.Response(status_code=status, headers=headers)
        content = [] if self._methods.pop(connection) == b"HEAD" else [h11.Data(data=body)]
        data = b"".join(http.send(event) or b"" for event in (response, *content, h11.EndOfMessage()))
        if note is not None and isinstance(note.answer, Silent):
            return
        due_s = now_s + (LATENCY_S if note is None else note.latency_s)
        self._push(due_s, connection, data, closes=http.our_state is h11.MUST_CLOSE)

    def _push(self, due_s: float, connection: int, data: bytes | None, *, closes: bool = False) -> None:
        self._count += 1
        heapq.heappush(self._answers, (due_s, self._count, connection, data or b"", closes))

    def _answer_body(self, image: bytes) -> bytes:
        try:
            recognition = self._recognizer.classify(image)
        except (ClassifierError, RecognizerError) as error:
            return msgspec.json.encode({"results": [], "code": 1, "error": str(error)})
        result = {"label": recognition.label, "confidence": round(recognition.confidence, 4)}
        return msgspec.json.encode({"results": [result], "code": 0, "error": ""})
