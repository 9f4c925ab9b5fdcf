"""Whole runs: the same scenario gives the same run on every link in virtual time."""

import json
import os
import subprocess
import sys

import msgspec
import pytest

from classifier import Recognition
from controller.core.controller import Controller
from controller.core.events import GateEdge
from twin import ItemDraw, Layout, LinkModel, RecognizerModel, Scenario, settings_for, simulate, trace
from twin.errors import ArgumentError, TwinError
from twin.links.external_controller import ExternalController
from twin.scenario.faults import ForeignObject
from twin.scenario.scenario import decode_scenario, encode_scenario

THIRTY = Scenario(
    seed=7, items=ItemDraw(count=30, length_m=(0.06, 0.1)), link=LinkModel(jitter_s=0.01),
    recognizer=RecognizerModel(jitter_s=0.05), controller=settings_for(Layout(), items=30),
)  # fmt: skip


def test_all_items_end_in_the_bin_of_their_class():
    run = simulate(THIRTY)
    assert run.violations == []
    assert run.summary.items == run.summary.correct == 30
    assert sum(run.summary.bins.values()) == 30


@pytest.mark.parametrize("items", [None, 5])
def test_an_object_after_the_last_item_does_not_prolong_the_run(items):
    stack, settings = ItemDraw(count=5), settings_for(Layout(), items=items)
    last_s = max(
        r.t_s for r in simulate(Scenario(items=stack, controller=settings)).trace if isinstance(r, trace.Binned)
    )
    laid = ForeignObject(at_m=0.3, length_m=0.05, from_s=last_s + 4.6, until_s=last_s + 4.6)
    run = simulate(Scenario(items=stack, faults=(laid,), controller=settings))
    assert run.violations == []
    assert run.trace[-1].reason == "sorted"


def test_the_same_scenario_has_the_same_digest_again():
    assert simulate(THIRTY).summary.digest == simulate(THIRTY).summary.digest


def test_another_seed_has_another_digest():
    other = Scenario(seed=8, items=THIRTY.items, controller=THIRTY.controller)
    assert simulate(THIRTY).summary.digest != simulate(other).summary.digest


@pytest.mark.broker
def test_memory_and_lockstep_have_the_same_digest_twice():
    digests = {simulate(THIRTY, link=link).summary.digest for link in ("memory", "lockstep", "memory", "lockstep")}
    assert len(digests) == 1


DIGEST = """
import sys
from twin import simulate
from twin.scenario.scenario import decode_scenario
print(simulate(decode_scenario(sys.stdin.buffer.read()), link=sys.argv[1]).summary.digest)
"""


@pytest.mark.broker
def test_the_digest_does_not_depend_on_the_hash_seed():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST, link], input=encode_scenario(THIRTY), capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed}, timeout=60,
        ).stdout
        for seed in ("0", "1", "4711") for link in ("memory", "lockstep")
    }  # fmt: skip
    assert digests == {simulate(THIRTY).summary.digest.encode() + b"\n"}


def test_a_run_that_keeps_no_trace_has_the_same_digest():
    kept, unkept = simulate(THIRTY), simulate(THIRTY, keep_trace=False)
    assert kept.summary.digest == unkept.summary.digest
    assert len(kept.trace) > 500 > len(unkept.trace)


def test_a_trace_file_holds_every_record(tmp_path):
    path = tmp_path / "trace.jsonl"
    run = simulate(THIRTY, trace_path=path)
    assert list(trace.read_trace(path)) == list(run.trace)
    assert all(json.loads(line)["kind"] for line in path.read_bytes().splitlines())


class Raises(Controller):
    """A controller that raises at the first clear edge of a gate."""

    def handle(self, event, now_s):
        if isinstance(event, GateEdge) and not event.blocked:
            raise RuntimeError("out of its depth")
        return super().handle(event, now_s)


@pytest.mark.broker
@pytest.mark.parametrize("link", ["memory", "lockstep"])
def test_an_exception_of_the_controller_is_a_crash_with_its_message(link, tmp_path):
    path = tmp_path / "trace.jsonl"
    run = simulate(THIRTY, controller=Raises, link=link, trace_path=path)
    assert "crash" in {violation.check for violation in run.violations}
    assert any("out of its depth" in violation.detail for violation in run.violations)
    assert type(list(trace.read_trace(path))[-1]) is trace.Ended


class Sleeps(Controller):
    """A controller that never loads an item."""

    next_deadline_s = None


def test_a_controller_that_does_nothing_is_stalled():
    run = simulate(THIRTY, controller=Sleeps)
    assert [violation.check for violation in run.violations] == ["stalled"]


class Blind:
    """A recognizer that must not be called."""

    def classify(self, image):
        raise AssertionError


PICTURED = Scenario(items=ItemDraw(count=1), recognizer=RecognizerModel(source="images"))
IGNORED = {
    "link must be memory, hosted, lockstep or realtime, got 'memroy'": {"link": "memroy"},
    "broker must be left out on the link memory, which has none, got '127.0.0.1:1883'": {"broker": "127.0.0.1:1883"},
    "broker must be HOST:PORT or": {"link": "lockstep", "broker": "nowhere"},
    "speed must be left out on the link memory, which has no wall clock, got 1.0": {"speed": 1.0},
    "speed must be left out on the link lockstep": {"link": "lockstep", "speed": 2.0},
    "speed must be 0.01 to 1000, got 0": {"link": "realtime", "speed": 0},
    "recognizer must be left out where the scenario's recognizer.source is oracle": {"recognizer": Blind()},
    "recognizer must be left out for a controller that brings its own": {
        "scenario": PICTURED, "link": "realtime", "controller": ExternalController(), "recognizer": Blind(),
    },
}  # fmt: skip


@pytest.mark.parametrize("words", IGNORED)
def test_an_invalid_or_ignored_argument_is_refused_in_one_line(words):
    with pytest.raises(ArgumentError) as refused:
        simulate(**{"scenario": THIRTY, **IGNORED[words]})
    assert isinstance(refused.value, TwinError)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value).startswith(words)
    assert "\n" not in str(refused.value)


def test_a_scenario_survives_a_round_trip_to_json():
    assert decode_scenario(encode_scenario(THIRTY)) == THIRTY


def test_a_run_with_an_empty_stack_ends_at_once():
    run = simulate(Scenario(items=()))
    assert (run.summary.items, run.violations) == (0, [])


def test_jitter_does_not_change_the_lengths_of_the_items():
    jittery = Scenario(seed=7, items=THIRTY.items, recognizer=THIRTY.recognizer, controller=THIRTY.controller)
    lengths = [[item.length_m for item in scenario.stack()] for scenario in (THIRTY, jittery)]
    assert lengths[0] == lengths[1]


class HalfSure:
    """Names the true class with 0.7, which its own threshold calls sure."""

    threshold = 0.65

    def classify(self, image: bytes) -> Recognition:
        return Recognition(label="ripe", confidence=0.7)


class HalfSureService(HalfSure):
    threshold = None


RIPE = Scenario(
    items=ItemDraw(count=1, classes=("ripe",)), recognizer=RecognizerModel(source="images"),
    controller=settings_for(Layout(), items=1),
)  # fmt: skip


def test_an_answer_is_sure_from_the_recognizer_s_own_threshold_on():
    run = simulate(RIPE, recognizer=HalfSure())
    assert run.summary.rejected == 0
    assert run.scenario.controller.confidence_threshold == 0.65


def test_settings_go_over_a_recognizer_s_threshold_and_one_without_any_is_sure_from_080_on():
    strict = msgspec.structs.replace(RIPE, controller=settings_for(Layout(), items=1, confidence_threshold=0.9))
    assert simulate(strict, recognizer=HalfSure()).summary.rejected == 1
    service = simulate(RIPE, recognizer=HalfSureService())
    assert service.summary.rejected == 1
    assert service.scenario.controller.sure_at == 0.80
