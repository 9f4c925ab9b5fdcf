"""Recognizers by name: the shipped model, the scenario's oracle, or a recognition service on the network."""

import asyncio
import threading
from typing import Final

import httpx
import msgspec

from classifier import Recognition, Recognizer
from classifier.recognition import SERVICE_PATH
from controller.errors import RecognizerError, SettingsError

TIMEOUT_S: Final = 5.0
"""Limit for one request to a service. An item has long passed its rod by then."""

TRIES: Final = 2
LONGEST_ANSWER_BYTES: Final = 64 * 1024


def recognizer_of(name: str) -> Recognizer:
    """The recognizer called `resnet` or `oracle`, or the service at a URL. Raises `SettingsError`."""
    if name == "resnet":
        from classifier import Classifier  # Imported here, because it loads the model's engine.

        return Classifier.load()
    if name == "oracle":
        from controller.simulation.oracle import Oracle  # Imported here, so that a deployment does not load it.

        return Oracle()
    if name.startswith(("http://", "https://")):
        return Service(name)
    raise SettingsError("recognizer", name, "resnet, oracle, or the http(s) URL of a recognition service")


class _Result(msgspec.Struct, frozen=True):
    label: str
    confidence: float


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result] = []
    code: int = 0
    error: str = ""


_decoder: Final = msgspec.json.Decoder(_Answer)


class Service:
    """A recognition service: posts an image's bytes to `/aisim_tf_pre`, over a connection that stays open.

    `url` is the service's root, or the full path. `timeout_s` limits each of the two tries, up to the answer's last
    byte. Any thread without an event loop may use it. Raises `SettingsError` for an invalid URL.
    """

    def __init__(
        self, url: str, *, timeout_s: float = TIMEOUT_S, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        root = url.rstrip("/").removesuffix(SERVICE_PATH)
        try:
            parsed = httpx.URL(root + SERVICE_PATH)
            host, port = parsed.host, parsed.port
        except (httpx.InvalidURL, UnicodeError) as error:  # An invalid host raises UnicodeError.
            raise SettingsError("recognizer", url, f"an http(s) URL ({error})") from None
        if not host or not (port is None or 0 < port < 65536):
            raise SettingsError("recognizer", url, "an http(s) URL with a host, and a port from 1 to 65535 if any")
        self._url = parsed
        # Neither log lines nor files may show a user name or password in the URL.
        self.url = str(parsed.copy_with(userinfo=b""))
        self._timeout_s = timeout_s
        # httpx limits each read only, and an answer may come byte by byte. asyncio.timeout limits the whole try.
        self._loop = asyncio.Runner()
        self._lock = threading.Lock()
        # The service is on the line's own network, so no proxy from the environment applies.
        self._client = httpx.AsyncClient(timeout=None, trust_env=False, transport=transport)

    def classify(self, image: bytes) -> Recognition:
        """The service's answer for an image. Raises `RecognizerError` if there is none."""
        with self._lock:
            body = self._loop.run(self._ask(image))
        return _recognition(body, self.url)

    def close(self) -> None:
        """Close the connection."""
        with self._lock, self._loop:
            self._loop.run(self._client.aclose())

    async def _ask(self, image: bytes) -> bytes:
        """Post the image; on a network error post it once more."""
        failure = ""
        for _ in range(TRIES):
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._post(image)
            except httpx.RequestError as error:
                failure = _cause(error)
            except TimeoutError:
                failure = f"no answer within {self._timeout_s:g} s"
        raise RecognizerError(f"{self.url}: {failure}")

    async def _post(self, image: bytes) -> bytes:
        """The answer's body. Raises `RecognizerError` for a bad status or a body that is too long."""
        headers = {"content-type": "application/octet-stream"}
        async with self._client.stream("POST", self._url, content=image, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise RecognizerError(f"{self.url}: status {response.status_code}")
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LONGEST_ANSWER_BYTES:
                    raise RecognizerError(f"{self.url}: an answer of more than {LONGEST_ANSWER_BYTES} bytes")
            return body


def _cause(error: httpx.RequestError) -> str:
    """Why a request failed. A failed connection has its reason in the innermost cause."""
    cause: BaseException = error
    while isinstance(error, httpx.ConnectError) and (below := cause.__cause__ or cause.__context__) is not None:
        cause = below
    return str(cause) or str(error) or type(error).__name__


def _recognition(body: bytes, where: str) -> Recognition:
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecognizerError(f"{where}: answer cannot be read: {error}") from None
    if answer.code != 0:
        raise RecognizerError(answer.error or f"{where}: code {answer.code}")
    if len(answer.results) != 1:
        raise RecognizerError(f"{where}: {len(answer.results)} results for one image")
    (result,) = answer.results
    if not 0.0 <= result.confidence <= 1.0:
        raise RecognizerError(f"{where}: confidence must be 0 to 1, got {result.confidence!r}")
    return Recognition(label=result.label, confidence=result.confidence)
