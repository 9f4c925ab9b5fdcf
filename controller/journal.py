"""The program's log on standard error: text lines, or one JSON object a line."""

import logging
from typing import Final

import msgspec

from controller.core.events import Sorted
from controller.labels import LONGEST_LABEL

_LINE: Final = "%(levelname)s %(name)s %(message)s"

_log = logging.getLogger(__name__)


def open_log(*, as_json: bool, messages: bool) -> None:
    """Log the controller's own records, those of other packages from WARNING on.

    `messages`: each message to and from the broker, too, at level DEBUG.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else logging.Formatter(_LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("controller").setLevel(logging.DEBUG if messages else logging.INFO)


def log_item(item: Sorted) -> None:
    """Log an item's outcome in one line at INFO, such as `item 3: ripe 0.97 -> bin 2`."""
    label = "".join(sign if sign.isprintable() else " " for sign in (item.label or "")[:LONGEST_LABEL])
    answer = "no answer" if item.label is None else f"{label} {item.confidence:.2f}"
    place = f"reject ({item.reason})" if item.bin is None else f"bin {item.bin}"
    _log.info("item %d: %s -> %s", item.number, answer, place)


class _Json(logging.Formatter):
    """One object a line: level, logger, event, the rest of the message, and an exception's traceback."""

    def format(self, record: logging.LogRecord) -> str:
        event, _, rest = record.getMessage().partition(" ")
        line = {"level": record.levelname.lower(), "logger": record.name, "event": event, "text": rest}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
