"""The live page's server: who may watch and act, and that a watcher who does not read slows nobody."""

import json
import threading
import time
from contextlib import suppress

import httpx
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from twin import Item, Scenario, simulate
from twin.links.hands import Hands
from twin.links.tempo import Tempo
from twin.report.drawing import Sketch
from twin.view.feed import Feed
from twin.view.server import MOST_WAITING, ViewServer

RUN = simulate(Scenario(items=(Item(item_class="raw"), Item())))


@pytest.fixture
def served():
    feed, hands = Feed(1.0), Hands()
    with ViewServer(feed, hands) as server:
        yield server, feed


def socket_address(server):
    return server.url.replace("http://", "ws://").replace("/?", "/live?")


def origin(server):
    return server.url.partition("/?")[0]


def received(watcher, kind):
    while True:
        message = json.loads(watcher.recv(timeout=10))
        if message["kind"] == kind:
            return message


def test_the_page_needs_its_token(served):
    server, _ = served
    assert httpx.get(server.url).status_code == 200
    assert httpx.get(origin(server)).status_code == 403
    assert httpx.get(f"{origin(server)}/?token=guessed").status_code == 403


def test_only_the_page_itself_may_open_the_socket(served):
    server, feed = served
    feed.see(RUN.trace[0])
    address = socket_address(server)
    for url, from_page in (
        (address, "http://elsewhere.example"), (address, None), (address.partition("token=")[0], origin(server)),
    ):  # fmt: skip
        with pytest.raises(InvalidStatus), connect(url, origin=from_page):
            pass
    with connect(address, origin=origin(server)) as watcher:
        assert received(watcher, "whole")["format"] == 1


@pytest.mark.parametrize("request_text", [
    "{", '{"type":"begin","fault":{"fault":"gatestuck","gate":9}}', '{"type":"begin","fault":{"fault":"sings"}}',
    '{"type":"shut down"}', '{"type":"heal","number":1}', "[]",
])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_a_reason(served, request_text):
    server, feed = served
    feed.see(RUN.trace[0])
    with connect(socket_address(server), origin=origin(server)) as watcher:
        watcher.send(request_text)
        assert received(watcher, "refused")["why"]


def test_time_cannot_be_stopped_in_real_time(served):
    server, feed = served
    feed.see(RUN.trace[0])
    with connect(socket_address(server), origin=origin(server)) as watcher:
        assert received(watcher, "whole")["tempo"] is None
        for request in ({"type": "pause"}, {"type": "go on"}, {"type": "step"}, {"type": "speed", "speed": 2}):
            watcher.send(json.dumps(request))
            assert "in real time: the controller goes by the wall clock" in received(watcher, "refused")["why"]


def test_a_run_in_virtual_time_obeys_its_watchers():
    tempo = Tempo(10.0)
    tempo.pause()
    feed, runs = Feed(1.0, tempo), []
    scenario = msgspec.structs.replace(RUN.scenario, faults=())
    running = threading.Thread(target=lambda: runs.append(simulate(scenario, tempo=tempo, watchers=(feed.see,))))
    with ViewServer(feed, Hands(), tempo) as server:
        running.start()
        with connect(socket_address(server), origin=origin(server)) as watcher:
            assert received(watcher, "whole")["tempo"] == {"paused": True, "speed": 10.0}
            at_s = received(watcher, "changes")["t_s"]
            assert received(watcher, "changes")["t_s"] == at_s
            watcher.send('{"type":"step"}')
            while received(watcher, "changes")["t_s"] == at_s:
                pass
            watcher.send('{"type":"speed","speed":0.01}')
            assert "speed must be 0.1 to 50" in received(watcher, "refused")["why"]
            watcher.send('{"type":"speed","speed":50}')
            watcher.send('{"type":"go on"}')
            while not (changes := received(watcher, "changes"))["ended"]:
                assert changes["tempo"]["speed"] in (10.0, 50.0)
                watcher.send('{"type":"seen"}')
        running.join(60)
    assert runs[0].summary.digest == RUN.summary.digest


def test_whole_and_changes_together_are_the_drawing_of_the_run():
    feed, sketch = Feed(1.0), Sketch()
    records = list(RUN.trace)
    for record in records:
        sketch.see(record)
    feed.see(records[0])
    feed.changes()
    drawing = json.loads(json.dumps(_plain(feed.whole()["drawing"])))
    lists = {"belt": drawing["belt"], "marks": drawing["marks"]}
    lists |= {f"beam {number}": gate["beam"] for number, gate in enumerate(drawing["gates"], start=1)}
    lists |= {f"gate {number}": gate["reported"] for number, gate in enumerate(drawing["gates"], start=1)}
    lists |= {f"rod {rod['number']}": rod["reaches"] for rod in drawing["rods"]}
    items, events = {}, drawing["events"]
    for start in range(1, len(records), 7):
        for record in records[start : start + 7]:
            feed.see(record)
        changes = _plain(feed.changes())
        for name, (place, entries) in changes["grown"].items():
            lists[name][place:] = entries
        items |= {item[0]: item for item in changes["items"]}
        events += changes["events"]
    whole = _plain(sketch.drawing(()))
    assert list(items.values()) == whole["items"]
    assert [event[:5] for event in events] == [event[:5] for event in whole["events"]]
    for number, gate in enumerate(whole["gates"], start=1):
        assert lists[f"beam {number}"] == gate["beam"]
        assert lists[f"gate {number}"] == gate["reported"]
    for one, other in zip(lists["belt"], whole["belt"], strict=False):
        assert one == pytest.approx(other, abs=1e-6)
    for rod in whole["rods"]:
        assert len(lists[f"rod {rod['number']}"]) == len(rod["reaches"]) - 1


def _plain(content):
    import msgspec

    return json.loads(msgspec.json.encode(content))


@pytest.mark.slow
def test_a_watcher_that_does_not_read_is_dropped_and_the_other_goes_on(served):
    server, feed = served
    feed.see(RUN.trace[0])
    address, own = socket_address(server), origin(server)
    with connect(address, origin=own) as reads, connect(address, origin=own) as sleeps:
        count = 0
        for _ in range(MOST_WAITING + 20):
            reads.recv(timeout=10)
            reads.send('{"type":"seen"}')
        with suppress(ConnectionClosed):
            while True:
                sleeps.recv(timeout=10)
                count += 1
        assert MOST_WAITING <= count <= MOST_WAITING + 2
        assert received(reads, "changes")


def test_the_server_ends_with_its_page(served):
    before = threading.active_count()
    with ViewServer(Feed(1.0), Hands()) as server, connect(socket_address(server), origin=origin(server)):
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_seeing_a_record_takes_no_time_that_matters():
    feed = Feed(1.0)
    began_s = time.perf_counter()
    for record in RUN.trace:
        feed.see(record)
    assert (time.perf_counter() - began_s) / len(RUN.trace) < 1e-4
