"""For any payloads on `bb` at any time the session raises nothing and sends permitted commands only.

Checked after each step: commands are in the wire's table and for rods that the line has; a rod of a class goes out
only when its gate clears, and at most once for each sure picture of that class; each pushed rod is pulled within its
limit; time passes.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller import wire
from controller.core.controller import Controller
from controller.core.events import BrokerBack, BrokerLost, Start, Stop
from controller.session import Session
from controller.settings import DEFAULT_BINS, Settings
from controller.simulation.oracle import PLAIN_PICTURE, Fails, Note, Oracle, Says, Silent, with_note
from controller.simulation.simulated_recognitions import SimulatedRecognitions
from controller.wire import ALL, Conveyor, GateEdge, Image, Rod

MOST_WAKES_AT_ONCE = 50
CLASSES = tuple(DEFAULT_BINS)

labels = st.sampled_from([*CLASSES, "unknown", ""])
answered = st.builds(Says, label=labels, confidence=st.sampled_from([0.0, 0.79, 0.8, 1.0]))
answers = answered | st.sampled_from([Fails("code 1"), Silent(), None])
notes = st.builds(Note, latency_s=st.sampled_from([0.0, 0.02, 0.5, 5.0, 30.0]), answer=answers)
pictures = notes.map(lambda note: wire.encode_feedback(Image(with_note(PLAIN_PICTURE, note))))
edges = st.builds(GateEdge, number=st.integers(1, 5), blocked=st.booleans()).map(wire.encode_feedback)
garbage = st.binary(max_size=60) | st.sampled_from(
    [b"{}", b'{"first_switch":1}', b'{"image":"?"}', b'{"first_switch":true,"second_switch":true}', b"[" * 2000]
)
pauses_s = st.sampled_from([0.0, 0.001, 0.02, 0.1, 0.3, 0.7, 1.0, 2.0, 5.0, 21.0, 60.0]) | st.floats(0, 30)


@st.composite
def items(draw):
    """The detections of one item, sometimes with one missing, early or late."""
    label = draw(st.sampled_from(CLASSES))
    sure = wire.encode_feedback(Image(with_note(PLAIN_PICTURE, Note(latency_s=0.02, answer=Says(label, 0.95)))))
    steps = [("pass", draw(st.sampled_from([0.9, 1.0, 1.0, 1.0, 1.3]))), ("receive", sure)]
    for gate in range(1, DEFAULT_BINS[label]):
        for pause_s, blocked in ((1.0 if gate == 1 else 1.7, True), (0.3, False)):
            steps += [("pass", pause_s), ("receive", wire.encode_feedback(GateEdge(gate, blocked=blocked)))]
    dropped = draw(st.sets(st.integers(0, len(steps) - 1), max_size=1))
    return [step for index, step in enumerate(steps) if index not in dropped]


single_steps = st.one_of(
    st.tuples(st.just("receive"), st.one_of(edges, edges, pictures, garbage)),
    st.tuples(st.just("pass"), pauses_s),
    st.tuples(st.just("oversleep"), pauses_s),
    st.tuples(st.sampled_from(["lose", "stop"]), st.just(None)),
)
step_lists = st.lists(st.one_of(single_steps.map(lambda step: [step]), items(), items()), max_size=14).map(
    lambda parts: [step for part in parts for step in part]
)


class Watched:
    """A session, its time, and the checks after each step."""

    def __init__(self, chosen):
        self.session = Session(Controller(chosen), SimulatedRecognitions(Oracle()))
        self.bins = chosen.bins
        self.limit_s = {1: 3 * chosen.loader_stroke_s + 0.1} | dict.fromkeys(
            self.bins.values(), chosen.rod_stroke_s + 0.1
        )
        self.now_s = 0.0
        self.out_s = {}
        self.sure = dict.fromkeys(self.bins.values(), 0)
        self.online = True
        self.receive_commands(self.session.notify(Start(), 0.0))

    def step(self, kind, value):
        if kind == "receive":
            self.note_sure(value)
            self.receive_commands(self.session.receive(value, self.now_s), cause=value)
            self.wake()
        elif kind == "pass":
            self.pass_s(value)
        elif kind == "oversleep":
            self.now_s += value
            self.wake()
        elif kind == "lose" and not self.session.finished:
            self.receive_commands(self.session.notify(BrokerLost(), self.now_s))
            self.online = False
            self.pass_s(1.0)
            self.online = True
            self.receive_commands(self.session.notify(BrokerBack(), self.now_s))
        elif kind == "stop":
            self.receive_commands(self.session.notify(Stop(), self.now_s))

    def pass_s(self, span_s):
        """Let time pass, and wake the session at its deadlines."""
        until_s = self.now_s + span_s
        while (due_s := self.session.next_deadline_s) is not None and due_s <= until_s:
            self.now_s = max(self.now_s, due_s)
            self.wake()
        self.now_s = until_s

    def wake(self):
        """Handle all that is due now."""
        for _ in range(MOST_WAKES_AT_ONCE):
            self.receive_commands(self.session.wake(self.now_s))
            due_s = self.session.next_deadline_s
            if due_s is None or due_s > self.now_s:
                break
        else:
            raise AssertionError("it never lets time pass")
        late = {rod: out_s for rod, out_s in self.out_s.items() if out_s + self.limit_s[rod] <= self.now_s}
        assert not late or not self.online, f"left out: {late} at {self.now_s}"

    def note_sure(self, payload):
        try:
            feedback = wire.decode_feedback(payload)
        except wire.WireError:
            return
        if isinstance(feedback, Image):
            try:
                answer = Oracle().classify(feedback.content)
            except Exception:
                return
            if answer.confidence >= 0.8 and answer.label in self.bins:
                self.sure[self.bins[answer.label]] += 1

    def receive_commands(self, payloads, cause=b""):
        for payload in payloads:
            command = wire.decode_command(payload)
            if isinstance(command, Conveyor):
                continue
            assert command.number in {ALL, 1, *self.bins.values()}
            if not command.push:
                for rod in list(self.out_s) if command.number == ALL else [command.number]:
                    self.out_s.pop(rod, None)
                continue
            assert isinstance(command, Rod)
            assert command.number != ALL
            assert self.online
            assert not self.session.finished, "pushed and finished in one breath"
            self.out_s[command.number] = self.now_s
            if command.number > 1:
                assert wire.decode_feedback(cause) == GateEdge(command.number - 1, blocked=False)
                self.sure[command.number] -= 1
                assert self.sure[command.number] >= 0, "pushed more often than it was sure"


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(step_lists, st.sampled_from([1, 2, "auto"]), st.sampled_from([None, 0, 2]))
def test_any_events_lead_to_permitted_commands_only(steps_taken, in_flight, count):
    watched = Watched(Settings(in_flight=in_flight, items=count))
    for step in steps_taken:
        watched.step(*step)
    watched.pass_s(100.0)
    assert not watched.out_s or watched.session.next_deadline_s is not None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(step_lists, st.sampled_from([1, "auto"]))
def test_a_stop_brings_the_line_to_rest_after_any_events(steps_taken, in_flight):
    watched = Watched(Settings(in_flight=in_flight))
    for step in steps_taken:
        watched.step(*step)
    watched.step("stop", None)
    watched.pass_s(300.0)
    assert watched.session.finished
    assert watched.out_s == {}


@given(st.lists(st.binary(max_size=100), max_size=30))
def test_invalid_payloads_change_nothing(payloads):
    plain, pestered = (Session(Controller(Settings()), SimulatedRecognitions(Oracle())) for _ in range(2))
    for session in (plain, pestered):
        session.notify(Start(), 0.0)
    for index, payload in enumerate(payloads):
        try:
            wire.decode_feedback(payload)
        except wire.WireError:
            assert pestered.receive(payload, index / 10) == ()
        assert pestered.wake(index / 10) == plain.wake(index / 10)
        assert pestered.next_deadline_s == plain.next_deadline_s
