"""A recognition service that answers from the note in the twin's pictures, in real time."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from controller.simulation.oracle import Says, Silent, read_note


class _Answers(BaseHTTPRequestHandler):
    """Answers a picture's request as its note says."""

    def do_POST(self) -> None:
        """Wait as long as the recognition takes, and answer."""
        note = read_note(self.rfile.read(int(self.headers["Content-Length"])))
        if note is not None:
            time.sleep(note.latency_s)
        if note is not None and isinstance(note.answer, Silent):
            time.sleep(600)
        says = [] if note is None or not isinstance(note.answer, Says) else [note.answer]
        results = [{"label": one.label, "confidence": one.confidence} for one in says]
        body = json.dumps({"results": results, "code": int(not says), "error": "" if says else "no answer"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # The program may have ended, or given up.
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def truth_service() -> Iterator[str]:
    """The address of a service that runs meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/aisim_tf_pre"
    finally:
        server.shutdown()
        server.server_close()
