"""`twin doctor` on brokers and lines that work, are silent, or have a problem."""

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
    """The findings by name. The messages are published when the doctor listens to the line."""

    def on_text(text):
        if text.startswith("listening"):
            broker.publish(messages)

    address = Address(host=broker.host, port=broker.port)
    return {finding.what: finding for finding in examine(address, listen_s, on_text)}


def test_a_line_that_publishes_is_well():
    with EmbeddedBroker() as broker:
        found = examined(broker, (wire.FEEDBACK, EDGE), (wire.CLOCK_HELLO, HELLO))
    assert {finding.state for finding in found.values()} == {"well"}
    assert found["plant"].seen == "1 gate edges, 0 images"
    assert found["lockstep"].seen == "waiting for the first grant: FS_Ctl"
    assert found["payload"].seen == "up to 12 MiB accepted"


def test_a_silent_line_is_not_ill_and_gets_advice():
    with EmbeddedBroker() as broker:
        found = examined(broker)
    assert (found["plant"].state, found["lockstep"].state) == ("silent", "silent")
    assert "twin serve" in found["plant"].advice


def test_a_twin_that_waits_for_a_controller_is_recognised_and_not_started():
    progress, records = queue.Queue(), []
    scenario = Scenario(items=ItemDraw(count=1))
    with EmbeddedBroker() as broker, ThreadPoolExecutor(1) as plant:
        served = plant.submit(
            simulate, scenario, controller=ExternalController(), link="realtime", broker=broker, speed=100.0,
            on_waiting=progress.put, watchers=(records.append,),
        )  # fmt: skip
        progress.get(timeout=10)
        found = examined(broker)
        records_before = list(records)
        controller = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="silent")
        controller.connect(broker.host, broker.port)
        controller.loop_start()
        assert served.result(timeout=30).violations[0].check == "stalled"
        controller.loop_stop()
    assert (found["plant"].state, found["plant"].seen[:4]) == ("well", "a tw")
    assert len(records_before) == 1  # Only `began`: the line's time does not run yet.


class Hasty(http.server.BaseHTTPRequestHandler):
    """A web server that answers the first byte at once, before a whole line has arrived."""

    def handle(self):
        self.request.recv(1)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(("handler", "words"), [
    (Hasty, "it must be an MQTT 3.1.1 broker"), (http.server.BaseHTTPRequestHandler, "no answer within 3 s"),
])  # fmt: skip
def test_a_web_server_is_soon_recognised_as_no_broker(handler, words):
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
    assert "1 invalid messages, the first: unknown key" in found["plant"].seen


def test_it_publishes_nothing_on_the_lines_topics():
    published, ended = [], threading.Event()
    topics = frozenset({wire.COMMANDS, wire.FEEDBACK, wire.CLOCK_GRANT, wire.CLOCK_DONE, wire.CLOCK_HELLO})
    with EmbeddedBroker() as broker:
        broker.listen(Listener(topics, published.extend))
        examined(broker)
        broker.listen(Listener(frozenset({"end"}), lambda _: ended.set()))
        broker.publish([("end", b"")])
        assert ended.wait(5)
    assert published == []


def test_a_broker_that_refuses_or_is_missing_is_ill():
    with EmbeddedBroker(access=Access(passwords={"line": "secret"})) as broker:
        found = examined(broker)
    assert found["broker"].state == "ill"
    assert "Not authorized" in found["broker"].seen
    found = examined(broker)  # The broker has stopped.
    assert "refused" in found["broker"].seen
    assert list(found) == ["broker"]


def test_the_command_shows_a_table_and_exits_1_if_something_is_ill():
    with EmbeddedBroker() as broker:
        command = [sys.executable, "-m", "twin", "doctor", "--broker", f"127.0.0.1:{broker.port}", "--listen", "0"]
        well = subprocess.run(command, capture_output=True, text=True, check=False)
    ill = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (well.returncode, ill.returncode) == (0, 1)
    assert "round trip" in well.stdout
    assert "what to do" in ill.stdout


def test_text_from_unknown_clients_is_shown_literally():
    messages = [(wire.FEEDBACK, b'{"[/x]":1}'), (wire.CLOCK_HELLO, b'{"who":"[/who] \\u001b[2J"}')]
    with EmbeddedBroker() as broker:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        client.connect(broker.host, broker.port)
        client.loop_start()
        for topic, payload in messages:  # Retained by the broker for later subscribers.
            client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
        command = [sys.executable, "-m", "twin", "doctor", "--broker", f"127.0.0.1:{broker.port}", "--listen", "0.3"]
        environment = os.environ | {"COLUMNS": "500"}
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        client.disconnect()
        client.loop_stop()
    assert result.returncode == 1, result.stderr
    assert "unknown key: key '[/x]'" in result.stdout
    assert "the first grant: [/who] \\x1b[2J" in result.stdout


def test_a_broker_that_goes_away_while_the_doctor_listens_is_ill():
    with EmbeddedBroker() as broker, ThreadPoolExecutor(1) as threads:

        def on_text(text):
            if text.startswith("listening"):
                threads.submit(broker.stop)

        address = Address(host=broker.host, port=broker.port)
        last = list(examine(address, 20.0, on_text))[-1]
    assert (last.what, last.state) == ("connection", "ill")
    assert "start the broker again" in last.advice


def test_of_messages_that_do_not_come_back_only_the_first_is_waited_for(monkeypatch, mosquitto, tmp_path):
    monkeypatch.setattr("twin.doctor.ANSWER_TIMEOUT_S", 0.2)
    rights = tmp_path / "rights"
    rights.write_text("topic read #\n")
    mosquitto.restart(f"acl_file {rights}", "user root", "max_queued_messages 100")
    found = {one.what: one for one in examine(Address(host=mosquitto.host, port=mosquitto.port), 0.1, lambda _: None)}
    assert found["round trip"].seen == "message 1 did not come back"
    assert "twin/doctor/#" in found["round trip"].advice
    assert "payload" not in found  # Nothing can be known of it.


def test_a_broker_that_ends_the_connection_over_a_large_message_has_that_limit(monkeypatch):
    monkeypatch.setattr("twin.broker.amqtt_client_patches.MAX_PACKET_BYTES", 2 * 1024 * 1024)
    with EmbeddedBroker() as broker:
        found = examined(broker, (wire.FEEDBACK, EDGE))
    assert found["payload"].seen == "up to 1 MiB accepted"
    assert found["plant"].seen == "1 gate edges, 0 images"


def test_a_connection_that_is_lost_for_a_moment_is_ill_and_the_line_is_judged_all_the_same():
    with EmbeddedBroker() as broker:

        def on_text(text):
            if text.startswith("listening"):
                broker.shut_out()
                broker.let_in()

        address = Address(host=broker.host, port=broker.port)
        found = {finding.what: finding for finding in examine(address, 2.0, on_text)}
    assert found["connection"].seen.endswith("was lost for a moment")
    assert {"plant", "lockstep"} <= set(found)
