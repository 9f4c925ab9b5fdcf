"""What a report says of a run is so: of an answer that never came, of items from one push, of how to play it again."""

import shlex
import socket
from itertools import pairwise

import msgspec
import pytest
from support.programs import PYTHON

from classifier import Recognition
from controller.recognizers import Service
from scenarios.failures import FailedRun, Failure, failure_text
from twin import Item, RecognizerModel, Scenario, simulate, trace
from twin.broker.embedded import EmbeddedBroker
from twin.errors import FileError
from twin.links.external_controller import ExternalController
from twin.links.hands import Hands
from twin.links.output_log import OutputLine
from twin.links.tempo import Tempo
from twin.report.belt_motion import BeltMotion
from twin.report.drawing import Sketch
from twin.report.headline import headline
from twin.report.item_motion import ItemMotion
from twin.report.reported import Origin, Verdict, replay_command, report_of, reported_run
from twin.saved.run_files import RunFiles
from twin.saved.saved_run import load_run
from twin.scenario.faults import DoublePush
from twin.verdict.checks import Violation

LOADED, BINNED = trace.Loaded(3.0, 1, "raw", 0.08, None), trace.Binned(7.0, 1, 2)
WRONG = Violation("wrong_bin", 7.0, 1, "item 1 (raw) fell into bin 2")
FELL = "item 1 (raw) fell into bin 2"


def test_an_answer_that_never_came_is_no_recognition():
    words = headline(Scenario(), [LOADED, trace.Answered(4.0, 1, None, 0.0), BINNED], WRONG)
    assert words == f"7.0 s mis-sorted: {FELL}; the recognizer gave no answer, so it belongs in the reject bin"


def test_a_picture_in_which_the_twin_sees_nothing_tells_nothing():
    words = headline(Scenario(), [LOADED, trace.Answered(4.0, 1, None, 0.0, own=False), BINNED], WRONG)
    assert words == f"7.0 s mis-sorted, or misread by the program's own recognizer: {FELL}; it belongs in bin 4"


def test_two_items_from_one_push_of_a_loader_that_a_person_has_broken_lie_as_far_apart_as_they_do():
    hands, begun = Hands(), []
    scenario = Scenario(items=(Item(),) * 4)

    def see(record):
        if isinstance(record, trace.Photographed) and not begun:
            begun.append(record)
            hands.begin(DoublePush(gap_m=0.11))

    run = simulate(scenario, tempo=Tempo(50.0), hands=hands, watchers=(see,))
    motion = ItemMotion(scenario, BeltMotion(scenario.layout, scenario.faults))
    for record in run.trace:
        motion.see(record)
    pairs = [
        (one, other)
        for one, other in pairwise(record for record in run.trace if isinstance(record, trace.Loaded))
        if one.t_s == other.t_s
    ]
    assert pairs
    for one, other in pairs:
        first, second = motion.paths[one.item].phases[0], motion.paths[other.item].phases[0]
        assert second.value - first.value == pytest.approx((one.length_m + other.length_m) / 2 + 0.11)


def test_a_program_s_output_that_cannot_be_written_is_one_clear_line(tmp_path):
    folder = tmp_path / "kept"
    run = msgspec.structs.replace(simulate(Scenario(items=(Item(),))), output_lines=(OutputLine(1.0, "hello"),))
    files = RunFiles(summary=None, trace=None, save=folder)
    for record in run.trace:
        files.watchers[0](record)
    (folder / "output.txt").mkdir()
    with pytest.raises(FileError, match=r"output\.txt: Is a directory; choose a file that can be written"):
        files.write(run, link="memory")


def test_the_command_to_play_a_run_again_says_where_its_program_finds_broker_and_service(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "kept"
    program = ExternalController(f"{PYTHON} -c pass", service_port=port)
    with EmbeddedBroker("127.0.0.1", 0) as broker:
        files = RunFiles(summary=None, trace=None, save=folder)
        run = simulate(
            Scenario(items=(Item(),)), link="realtime", speed=50.0, broker=broker, controller=program,
            watchers=files.watchers, trace_path=files.trace_path,
        )  # fmt: skip
        files.write(run, link="realtime", controller=run.controller)
        options = f"--listen {broker.port} --service-port {port}"
    assert load_run(folder).reported.replay.endswith(f" {options}")
    found = FailedRun(run=run, violations=run.violations, wrong=["stalled"])
    failure = Failure(path="f/one.json", test="", rules=(), words="", items=1, faults=0, acted=False, restarted=False)
    *_, again = failure_text(found, failure).splitlines()
    assert again.startswith("again: twin run f/one.json --link realtime --controller ")
    assert again.endswith(f" {options}")


def test_a_program_that_gets_its_addresses_needs_no_options_to_run_again():
    again = ["twin", "run", "scenario.json", "--link", "hosted", "--controller", f"{PYTHON} -c pass {{port}}"]
    run = simulate(Scenario(items=()), link="hosted", controller=ExternalController(again[-1]))
    assert run.again == ()
    assert replay_command(Origin("hosted", run.controller, options=run.again)) == shlex.join(again)


def test_a_run_with_a_recognition_service_is_played_again_with_it():
    class Answers(Service):
        def classify(self, image):
            return Recognition(label="ripe", confidence=0.99, margin=0.1, seconds=0.0)

    scenario = Scenario(items=(Item(),), recognizer=RecognizerModel(source="images"))
    run = simulate(scenario, recognizer=Answers("http://max:secret@127.0.0.1:18088"))
    replay = replay_command(Origin("memory", run.controller, scenario_file="kept/scenario.json", options=run.again))
    url = "http://127.0.0.1:18088/aisim_tf_pre"
    assert replay == f"twin run kept/scenario.json --link memory --recognizer {url}"


def test_runs_that_are_too_long_are_compared_as_far_as_they_are_kept(monkeypatch):
    run, other = (simulate(Scenario(seed=seed, items=(Item(), Item()))) for seed in (1, 1))
    monkeypatch.setattr("twin.report.drawing.MOST_RECORDS", 20)
    monkeypatch.setattr("twin.report.reported.MOST_RECORDS", 20)
    shown = []
    for each in (run, other):
        sketch = Sketch()
        for record in each.trace:
            sketch.see(record)
        shown.append((reported_run(sketch, Verdict([]), Origin()), sketch.records))
    assert report_of(shown).sentence == "The traces of the two runs are the same in their first 20 records."
