"""`twin doctor` at brokers and lines that are well, silent and ill."""

import http.server
import os
import queue
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import paho.mqtt.client as mqtt
import pytest

from controller import wire
from controller.mqtt import Address
from twin import ItemDraw, Scenario, simulate
from twin.broker.access import Access
from twin.broker.amqtt_patches import Listener
from twin.broker.embedded import EmbeddedBroker
from twin.doctor import examine
from twin.links.external_controller import ExternalController

pytestmark = pytest.mark.broker
EDGE = wire.encode_feedback(wire.GateEdge(number=1, blocked=True))
HELLO = wire.encode_clock(wire.Hello(who="FS_Ctl"))


def examined(broker, *messages, listen_s=0.3):
    """Findings by name; the messages are published once the doctor listens to the line."""

    def on_text(text):
        if text.startswith("listening"):
            broker.publish(messages)

    address = Address(host=broker.host, port=broker.port)
    return {finding.what: finding for finding in examine(address, listen_s, on_text)}


def test_a_line_that_speaks_is_well():
    with EmbeddedBroker() as broker:
        found = examined(broker, (wire.FEEDBACK, EDGE), (wire.CLOCK_HELLO, HELLO))
    assert {finding.state for finding in found.values()} == {"well"}
    assert found["plant"].seen == "1 gate edges, 0 images"
    assert found["lockstep"].seen == "FS_Ctl waits for the first grant"
    assert found["payload"].seen == "12 MiB come through"


def test_a_line_that_is_silent_is_not_ill_and_what_to_try_is_said():
    with EmbeddedBroker() as broker:
        found = examined(broker)
    assert (found["plant"].state, found["lockstep"].state) == ("silent", "silent")
    assert "twin serve" in found["plant"].advice


def test_a_twin_that_waits_for_a_controller_is_told_from_an_empty_broker_and_does_not_begin():
    said, begun = queue.Queue(), []
    scenario = Scenario(items=ItemDraw(count=1))
    with EmbeddedBroker() as broker, ThreadPoolExecutor(1) as plant:
        served = plant.submit(
            simulate, scenario, controller=ExternalController(), link="realtime", broker=broker, speed=100.0,
            on_waiting=said.put, watchers=(begun.append,),
        )  # fmt: skip
        said.get(timeout=10)
        found = examined(broker)
        waiting = list(begun)
        somebody = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="somebody")
        somebody.connect(broker.host, broker.port)
        somebody.loop_start()
        assert served.result(timeout=30).violations[0].check == "stalled"
        somebody.loop_stop()
    assert (found["plant"].state, found["plant"].seen[:4]) == ("well", "a tw")
    assert len(waiting) == 1  # That it began; nothing of a line whose time runs.


class Hasty(http.server.BaseHTTPRequestHandler):
    """A web server that does not wait for a whole line of what is no request."""

    def handle(self):
        self.request.recv(1)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(("handler", "words"), [
    (Hasty, "it must be an MQTT 3.1.1 broker"), (http.server.BaseHTTPRequestHandler, "no answer within 3 s"),
])  # fmt: skip
def test_a_port_where_no_broker_is_but_a_web_server_is_named_soon(handler, words):
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    with ThreadPoolExecutor(1) as threads:
        threads.submit(server.serve_forever, 0.05)
        (found,) = examine(Address(host="127.0.0.1", port=server.server_port), 0.1, lambda text: None)
        server.shutdown()
    server.server_close()
    assert found.state == "ill"
    assert words in found.seen


def test_another_protocol_on_the_plants_topic_is_ill():
    with EmbeddedBroker() as broker:
        found = examined(broker, (wire.FEEDBACK, EDGE), (wire.FEEDBACK, b'{"sensor":1}'))
    assert found["plant"].state == "ill"
    assert "1 that are neither, the first: unknown key" in found["plant"].seen


def test_it_says_nothing_to_the_line():
    said, everybody = [], threading.Event()
    topics = frozenset({wire.COMMANDS, wire.FEEDBACK, wire.CLOCK_GRANT, wire.CLOCK_DONE, wire.CLOCK_HELLO})
    with EmbeddedBroker() as broker:
        broker.listen(Listener(topics, said.extend))
        examined(broker)
        broker.listen(Listener(frozenset({"end"}), lambda _: everybody.set()))
        broker.publish([("end", b"")])
        assert everybody.wait(5)
    assert said == []


def test_a_broker_that_does_not_let_it_in_is_ill_and_so_is_one_that_is_not_there():
    with EmbeddedBroker(access=Access(passwords={"line": "secret"})) as broker:
        found = examined(broker)
    assert found["broker"].state == "ill"
    assert "Not authorized" in found["broker"].seen
    found = examined(broker)  # It has stopped.
    assert "refused" in found["broker"].seen
    assert list(found) == ["broker"]


def test_the_command_shows_a_table_and_exits_1_where_something_is_ill():
    with EmbeddedBroker() as broker:
        command = [sys.executable, "-m", "twin", "doctor", "--broker", f"127.0.0.1:{broker.port}", "--listen", "0"]
        well = subprocess.run(command, capture_output=True, text=True, check=False)
    ill = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (well.returncode, ill.returncode) == (0, 1)
    assert "round trip" in well.stdout
    assert "what to do" in ill.stdout


def test_what_a_stranger_says_is_shown_as_it_stands():
    said = [(wire.FEEDBACK, b'{"[/x]":1}'), (wire.CLOCK_HELLO, b'{"who":"[/who] \\u001b[2J"}')]
    with EmbeddedBroker() as broker:
        stranger = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        stranger.connect(broker.host, broker.port)
        stranger.loop_start()
        for topic, payload in said:  # Kept by the broker for whoever subscribes later.
            stranger.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
        command = [sys.executable, "-m", "twin", "doctor", "--broker", f"127.0.0.1:{broker.port}", "--listen", "0.3"]
        told = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"COLUMNS": "500"})
        stranger.disconnect()
        stranger.loop_stop()
    assert told.returncode == 1, told.stderr
    assert "unknown key: key '[/x]'" in told.stdout
    assert "[/who] \\x1b[2J waits" in told.stdout
