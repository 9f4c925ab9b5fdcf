"""The program's log, on standard error: lines for a person, or JSON objects for a machine."""

import logging
from typing import Final

import msgspec

_LINE: Final = "%(levelname)s %(name)s %(message)s"


def open_log(*, as_json: bool) -> None:
    """Let the controller's own log lines through from level INFO on, everybody else's from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if as_json else logging.Formatter(_LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("controller").setLevel(logging.INFO)


class _Json(logging.Formatter):
    """One object a line: level, logger, event and what else the message says, the trace of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        event, _, rest = record.getMessage().partition(" ")
        line = {"level": record.levelname.lower(), "logger": record.name, "event": event, "text": rest}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
