"""A recognizer with other labels: its items ride to reject, and the log names each label once."""

import contextlib
import http.server
import json
import logging
import threading

import pytest
from support.programs import PYTHON

from classifier import Recognition
from controller.labels import MOST_LABELS, LabelCheck
from twin import ItemDraw, Layout, RecognizerModel, Scenario, settings_for, simulate
from twin.links.external_controller import ExternalController

LINE = Layout(
    belt_speed_m_per_s=0.6, belt_ramp_s=0.1, camera_m=0.15, gates_m=(0.35, 0.65, 0.95), rods_m=(0.43, 0.73, 1.03),
    end_m=1.2, loader_stroke_s=0.2, rod_stroke_s=0.1,
)  # fmt: skip
ANSWER = {"results": [{"label": "half-ripe", "confidence": 0.98}], "code": 0, "error": ""}


class Says:
    """A recognizer that gives its answers in turn, and then repeats the last one."""

    def __init__(self, *labels):
        self.labels = list(labels)

    def classify(self, image):
        label = self.labels.pop(0) if len(self.labels) > 1 else self.labels[0]
        return Recognition(label=label, confidence=0.98)


class _Post(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(ANSWER).encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service():
    """The URL of a recognition service that answers `half-ripe` for every image."""
    with contextlib.ExitStack() as opened:
        server = opened.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Post))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        opened.callback(thread.join)
        opened.callback(server.shutdown)
        yield f"http://127.0.0.1:{server.server_port}"


def warnings(lines):
    return [line for line in lines if "label_without_bin" in line]


def pictured(layout, items):
    """A scenario whose pictures go to a recognizer."""
    settings = settings_for(layout, items=items)
    source = RecognizerModel(source="images")
    return Scenario(layout=layout, items=ItemDraw(count=items), recognizer=source, controller=settings)


def test_a_label_without_a_bin_is_warned_of_once_and_rejected(caplog):
    run = simulate(pictured(Layout(), 4), recognizer=Says("half-ripe", "half-ripe", "ripe", "unknown"))
    assert run.summary.rejected >= 3
    (line,) = warnings(caplog.messages)
    assert "label='half-ripe'" in line
    assert "bins={'ripe': 2, 'half_ripe': 3, 'raw': 4}" in line


@pytest.mark.slow
@pytest.mark.realtime
@pytest.mark.broker
def test_the_program_warns_of_a_service_with_other_labels(service):
    command = f"{PYTHON} -m controller run --broker {{host}}:{{port}} --recognizer {service} --items 2"
    run = simulate(pictured(LINE, 2), link="realtime", controller=ExternalController(command))
    assert run.summary.rejected == 2
    (line,) = warnings(run.output.splitlines())
    assert "label='half-ripe'" in line
    assert "'half_ripe': 3" in line


def test_scripted_answers_cause_no_warning(caplog):
    settings = settings_for(Layout(), items=3, bins={"ripe": 2})
    simulate(Scenario(items=ItemDraw(count=3), controller=settings))
    assert warnings(caplog.messages) == []


def test_endless_new_labels_do_not_fill_log_or_memory(caplog):
    caplog.set_level(logging.WARNING, logger="controller")
    check = LabelCheck(Says(*(f"{number} " + "x" * 100_000 for number in range(3 * MOST_LABELS))), {}, lambda: 0.0)
    for _ in range(4 * MOST_LABELS):
        check.classify(b"")
    assert len(caplog.messages) == MOST_LABELS
    assert max(map(len, caplog.messages)) < 300
