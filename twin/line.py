"""The line: belt, loader, camera, gates, rods and bins, and how they are connected. Only here do they know each other.

A command comes in as its payload and moves a part; parts move items; what happens is recorded, and what the plant
says of it goes out as feedback.
"""

import hashlib
from collections.abc import Callable
from functools import partial

import msgspec

from controller import codec
from controller.errors import WireError
from twin import trace
from twin.belt import Belt
from twin.bin import REJECT, Bins
from twin.camera import Camera, Film
from twin.faults import BeltDrift, BeltSpeed, BeltStops, ForeignObject, TakenOff, TooLong
from twin.gate import Gate
from twin.head import Head, HeadEvents
from twin.item import LONGEST_ITEM_M, Item, Rider, foreign_item
from twin.loader import NUMBER as LOADER
from twin.loader import Loader
from twin.mishaps import Mishaps
from twin.rod import Rod, Stroke
from twin.row import Row, Station
from twin.scenario import Scenario
from twin.sensor import Sensor
from twin.timeline import Timeline

Recorder = Callable[[trace.AnyRecord], None]


class Line:
    """The plant of one scenario.

    `record` takes what happens, `send` each feedback payload as it leaves the plant, `on_photo` each item's
    number and picture.
    """

    def __init__(
        self, timeline: Timeline, scenario: Scenario, film: Film, mishaps: Mishaps, record: Recorder,
        send: Callable[[bytes], None], on_photo: Callable[[int, bytes], None] = lambda item, image: None,
    ) -> None:  # fmt: skip
        layout = scenario.layout
        self._timeline = timeline
        self._layout = layout
        self._mishaps = mishaps
        self._record = record
        self._send = send
        self._on_photo = on_photo
        self._count = 0
        self.belt = Belt(
            timeline, speed_m_per_s=layout.belt_speed_m_per_s, start_delay_s=layout.belt_start_delay_s,
            ramp_s=layout.belt_ramp_s, on_change=lambda running: record(trace.BeltRuns(timeline.now, running)),
        )  # fmt: skip
        self.row = Row(self.belt, self._held, lambda rider: record(trace.Released(timeline.now, rider.number)))
        self.loader = Loader(timeline, scenario.stack(), mishaps, self._loaded)
        self.camera = Camera(timeline, layout.exposure_s, film, mishaps, self._photographed, self._send_image)
        self.gates = [Gate(number, at_m, self._edge) for number, at_m in enumerate(layout.gates_m, start=1)]
        self._sensors = [Sensor(timeline, gate.number, mishaps, self._say_edge) for gate in self.gates]
        self.rods = {LOADER: Rod(timeline, LOADER, layout.loader_stroke_s, mishaps, self._rod_moves)}
        self.heads: dict[int, Head] = {}
        events = HeadEvents(self._taken, self._struck, self._knocked)
        for number, at_m in zip(layout.bins, layout.rods_m, strict=True):
            self.rods[number] = Rod(timeline, number, layout.rod_stroke_s, mishaps, self._rod_moves)
            self.heads[number] = Head(number, at_m, layout.rod_head_m, self.belt, self.row, events)
        self.bins = Bins(layout.bins)
        self._paths: dict[float, list[Station]] = {}
        self._plan_faults()
        mishaps.watch(self.row)

    def obey(self, payload: bytes) -> None:
        """Act on a payload that arrived on `aa`; what is no command for this line is recorded and moves nothing."""
        try:
            command = codec.decode_command(payload)
        except WireError as error:
            self._record(trace.Refused(self._timeline.now, str(error)))
            return
        self._record(trace.Commanded(self._timeline.now, payload.decode()))
        if isinstance(command, codec.Conveyor):
            (self.belt.run if command.run else self.belt.stop)()
        elif command.number == codec.ALL:
            for rod in self.rods.values():
                self._stroke(rod, command.push)
        elif command.number in self.rods:
            self._stroke(self.rods[command.number], command.push)
        else:
            self._record(trace.Refused(self._timeline.now, f"rod {command.number}: the line has {list(self.rods)}"))

    def end(self, reason: str) -> None:
        """The run is over: record how the line stands."""
        on_belt = tuple(rider.number for rider in self.row)
        rods_out = tuple(rod.number for rod in self.rods.values() if rod.stroke is not Stroke.IN)
        in_stack = not self.loader.empty
        self._record(trace.Ended(self._timeline.now, reason, on_belt, in_stack, rods_out, self.belt.running))

    @property
    def at_rest(self) -> bool:
        """Whether the belt stands and every rod is in."""
        rods_in = all(rod.stroke is Stroke.IN for rod in self.rods.values())
        return rods_in and not self.belt.running and not self.belt.moving

    @staticmethod
    def _stroke(rod: Rod, push: bool) -> None:
        (rod.push if push else rod.pull)()

    def _loaded(self, item: Item | None, behind_m: float) -> None:
        if item is None:
            self._record(trace.LoadedNothing(self._timeline.now))
            return
        longer = self._mishaps.now(TooLong)
        if longer is not None:
            length_m = min(item.length_m * longer.factor, LONGEST_ITEM_M)
            item = msgspec.structs.replace(item, length_m=length_m)
        self._lay_down(item, -behind_m)
        if longer is not None:
            self._mishaps.touch(longer)

    def _lay_down(self, item: Item, at_m: float) -> None:
        """A new item lies on the belt, its centre at `at_m`."""
        now_s = self._timeline.now
        self._count += 1
        rider = Rider(self._count, item, self.belt.displacement_m - at_m)
        onto = self.row.overlapped(rider)
        onto_number = None if onto is None else onto.number
        self._record(trace.Loaded(now_s, rider.number, item.item_class, item.length_m, onto_number))
        self._mishaps.loaded(rider.number)
        self._join(rider, at_m)

    def _join(self, rider: Rider, at_m: float) -> None:
        """Put a rider among the others, into whatever beam it is put."""
        rider.path = self._path(rider)
        if at_m > 0:
            rider.step = sum(station.centre_m <= at_m for station in rider.path)
            for gate in self.gates:
                if gate.position_m - rider.half_m <= at_m < gate.position_m + rider.half_m:
                    self._enter(gate, rider)
        self.row.add(rider)

    def _plan_faults(self) -> None:
        """Faults of the belt, and what hands do, happen at their times whatever else does."""
        at, belt, cruise = self._timeline.call_at, self.belt, self._layout.belt_speed_m_per_s
        for wrong in self._mishaps.all(BeltSpeed):
            at(wrong.from_s, partial(belt.change_speed, cruise * wrong.factor, 0.0))
            at(wrong.until_s, partial(belt.change_speed, cruise, 0.0))
        for drift in self._mishaps.all(BeltDrift):
            at(drift.from_s, partial(belt.change_speed, cruise * drift.factor, drift.until_s - drift.from_s))
            at(drift.until_s, partial(belt.change_speed, cruise, 0.0))
        for stop in self._mishaps.all(BeltStops):
            at(stop.from_s, belt.halt)
            at(stop.until_s, belt.resume)
        for strange in self._mishaps.all(ForeignObject):
            at(strange.from_s, partial(self._drop_foreign, strange))

    def _drop_foreign(self, strange: ForeignObject) -> None:
        self._mishaps.touch(strange)
        self._lay_down(foreign_item(strange.length_m), strange.at_m)
        self._mishaps.touch(strange)

    def _take_off(self, hand: TakenOff, rider: Rider) -> None:
        """Somebody takes an item off the belt, perhaps to put it back."""
        self._mishaps.touch(hand)
        self._record(trace.TakenByHand(self._timeline.now, rider.number, False, hand.back_m is not None))
        self.row.remove(rider)
        self._leave_beams(rider)
        if hand.back_m is not None:
            self._timeline.call_at(self._timeline.now + hand.back_s, partial(self._put_back, hand, rider))

    def _put_back(self, hand: TakenOff, rider: Rider) -> None:
        assert hand.back_m is not None
        self._record(trace.TakenByHand(self._timeline.now, rider.number, True, False))
        rider.origin_m = self.belt.displacement_m - hand.back_m
        self._join(rider, hand.back_m)
        self._mishaps.touch(hand)

    def _path(self, rider: Rider) -> list[Station]:
        """Where the centre of an item of this length is when it meets each part, in order."""
        half_m = rider.half_m
        hands = [hand for hand in self._mishaps.all(TakenOff) if hand.item == rider.number]
        path = self._paths.get(half_m)
        if path is not None and not hands:
            return path
        path = [Station(self._layout.camera_m, self.camera.pass_by), Station(self._layout.end_m, self._fell_off)]
        for gate in self.gates:
            path.append(Station(gate.position_m - half_m, partial(self._enter, gate)))
            path.append(Station(gate.position_m + half_m, partial(self._leave, gate)))
        for head in self.heads.values():
            path.append(Station(head.from_m - half_m, partial(self._meet, head)))
        path += [Station(hand.at_m, partial(self._take_off, hand)) for hand in hands if rider.step == 0]
        path.sort(key=lambda station: station.centre_m)
        if len(self._paths) < 64 and not hands:  # Lengths repeat, unless they are drawn.
            self._paths[half_m] = path
        return path

    def _enter(self, gate: Gate, rider: Rider) -> None:
        rider.beams.add(gate.number)
        gate.enter()

    def _leave(self, gate: Gate, rider: Rider) -> None:
        rider.beams.discard(gate.number)
        gate.leave(followed=self.row.followed(rider))

    def _edge(self, gate: Gate) -> None:
        self._record(trace.Edge(self._timeline.now, gate.number, gate.blocked))
        self._sensors[gate.number - 1].edge(gate.blocked)

    def _say_edge(self, number: int, blocked: bool) -> None:
        self._send(codec.encode_feedback(codec.GateEdge(number=number, blocked=blocked)))

    def _meet(self, head: Head, rider: Rider) -> None:
        head.meet(rider, self.rods[head.number])

    def _photographed(self, rider: Rider, image: bytes) -> None:
        digest = hashlib.blake2b(image, digest_size=8).hexdigest()
        self._record(trace.Photographed(self._timeline.now, rider.number, digest, len(image)))
        self._on_photo(rider.number, image)

    def _send_image(self, image: bytes) -> None:
        self._send(codec.encode_feedback(codec.Image(content=image)))

    def _rod_moves(self, rod: Rod) -> None:
        self._record(trace.RodMoves(self._timeline.now, rod.number, rod.stroke.value))
        part = self.loader if rod.number == LOADER else self.heads[rod.number]
        part.move(rod)

    def _taken(self, rider: Rider, rod: Rod, offset_m: float) -> None:
        self._record(trace.Taken(self._timeline.now, rider.number, rod.number, offset_m, self.row.gap_m(rider)))

    def _struck(self, rider: Rider, rod: Rod, offset_m: float) -> None:
        self._record(trace.Struck(self._timeline.now, rider.number, rod.number, offset_m))

    def _held(self, rider: Rider, by: object) -> None:
        rod = by.number if isinstance(by, Head) else None
        behind = by.number if isinstance(by, Rider) else None
        self._record(trace.Held(self._timeline.now, rider.number, rod, behind))

    def _knocked(self, rider: Rider, rod: Rod) -> None:
        self._fall(rider, rod.number)

    def _fell_off(self, rider: Rider) -> None:
        self.row.remove(rider)
        self._fall(rider, REJECT)

    def _fall(self, rider: Rider, number: int) -> None:
        self.bins.receive(number)
        self._record(trace.Binned(self._timeline.now, rider.number, number))
        self._leave_beams(rider)

    def _leave_beams(self, rider: Rider) -> None:
        for beam in sorted(rider.beams):
            self.gates[beam - 1].leave(followed=False)
        rider.beams.clear()
