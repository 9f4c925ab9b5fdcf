"""Recognizers by name: the shipped model, the scenario's oracle, or a recognition service on the network."""

from typing import Final

import httpx
import msgspec

from classifier import Recognition, Recognizer
from controller.errors import RecognizerError, SettingsError
from controller.oracle import Oracle

SERVICE_PATH: Final = "/aisim_tf_pre"
TIMEOUT_S: Final = 5.0
"""A service that takes longer than this for one try gives no answer; an item is long past its rod by then."""

TRIES: Final = 2
LONGEST_ANSWER_BYTES: Final = 64 * 1024


def recognizer_of(name: str) -> Recognizer:
    """The recognizer that a name stands for: `resnet`, `oracle`, or the URL of a service. Raises `SettingsError`."""
    if name == "resnet":
        from classifier import Classifier  # Loads the model's engine: only where it is wanted.

        return Classifier.load()
    if name == "oracle":
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
    """A recognition service: the image's bytes are posted to `/aisim_tf_pre`. Keeps its connection open.

    `url` is the service's root, or that path itself. `timeout_s` bounds each of the two tries. Raises
    `SettingsError` for a URL that is none.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, transport: httpx.BaseTransport | None = None) -> None:
        root = url.rstrip("/").removesuffix(SERVICE_PATH)
        try:
            parsed = httpx.URL(root + SERVICE_PATH)
        except httpx.InvalidURL as error:
            raise SettingsError("recognizer", url, f"an http(s) URL ({error})") from None
        if not parsed.host:
            raise SettingsError("recognizer", url, "an http(s) URL with a host in it")
        self._url = parsed
        # The line's network is not the office's: no proxy is taken from the environment.
        self._client = httpx.Client(timeout=timeout_s, trust_env=False, transport=transport)

    def classify(self, image: bytes) -> Recognition:
        """The service's answer for an image. Raises `RecognizerError` where it has none."""
        response = self._post(image)
        if response.status_code != httpx.codes.OK:
            raise RecognizerError(f"{self._url}: status {response.status_code}")
        return _recognition(response.content, str(self._url))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _post(self, image: bytes) -> httpx.Response:
        """Post once, and once more where that failed on the way."""
        headers = {"content-type": "application/octet-stream"}
        failure: Exception | None = None
        for _ in range(TRIES):
            try:
                return self._client.post(self._url, content=image, headers=headers)
            except httpx.RequestError as error:
                failure = error
        raise RecognizerError(f"{self._url}: {str(failure) or type(failure).__name__}")


def _recognition(body: bytes, where: str) -> Recognition:
    if len(body) > LONGEST_ANSWER_BYTES:
        raise RecognizerError(f"{where}: an answer of {len(body)} bytes, at most {LONGEST_ANSWER_BYTES}")
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecognizerError(f"{where}: not an answer: {error}") from None
    if answer.code != 0:
        raise RecognizerError(answer.error or f"{where}: code {answer.code}")
    if len(answer.results) != 1:
        raise RecognizerError(f"{where}: {len(answer.results)} results for one image")
    (result,) = answer.results
    if not 0.0 <= result.confidence <= 1.0:
        raise RecognizerError(f"{where}: confidence {result.confidence!r}, allowed is 0 to 1")
    return Recognition(label=result.label, confidence=result.confidence)
