"""The line: belt, loader, camera, gates, rods and bins. Only this module knows how they are connected.

A command moves a part, and parts move items. Each event is recorded; gates and camera send feedback messages.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from controller import wire
from twin import trace
from twin.plant.belt import Belt
from twin.plant.belt_drive import BeltDrive
from twin.plant.belt_item import BeltItem
from twin.plant.bins import Bins
from twin.plant.camera import Camera
from twin.plant.fault_injector import FaultInjector
from twin.plant.gate import Gate
from twin.plant.item_queue import ItemQueue, Station
from twin.plant.loader import Loader
from twin.plant.message import Message
from twin.plant.picture_source import PictureSource
from twin.plant.rod import Rod
from twin.plant.rod_head import RodHead, RodHeadEvents
from twin.scenario.faults import ForeignObject, TakenOff, TooLong
from twin.scenario.item import LONGEST_ITEM_M, Item, foreign_item
from twin.scenario.layout import LOADER, REJECT
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline
from twin.trace import Stroke

SAME_PLACE_M: Final = 1e-9
"""Places of an item that differ by no more are the same, but for rounding."""

Recorder = Callable[[trace.AnyRecord], None]


class Line:
    """The plant of one scenario: the belt and all parts along it.

    `record` takes each event, `send` each feedback message when it leaves the plant, `on_photo` each item's number and
    picture (the bytes of an image file).
    """

    def __init__(
        self, timeline: Timeline, scenario: Scenario, picture_source: PictureSource, faults: FaultInjector,
        record: Recorder, send: Callable[[Message], None],
        on_photo: Callable[[int, str, bytes], None] = lambda item, digest, image: None,
    ) -> None:  # fmt: skip
        layout = scenario.layout
        self._timeline = timeline
        self._layout = layout
        self._faults = faults
        self._record = record
        self._count = 0
        self._objects = 0
        self.belt = Belt(
            timeline, BeltDrive(layout.belt_speed_m_per_s, faults), start_delay_s=layout.belt_start_delay_s,
            ramp_s=layout.belt_ramp_s, on_change=lambda running: record(trace.BeltRuns(timeline.now, running)),
        )  # fmt: skip
        self.queue = ItemQueue(
            self.belt, self._held, lambda belt_item: record(trace.Released(timeline.now, belt_item.number))
        )
        self._pushed_length_m = 0.0
        self.loader = Loader(timeline, scenario.stack(), faults, self._loaded)
        self.camera = Camera(timeline, layout, picture_source, faults, record, send, on_photo)
        self.gates = [
            Gate(timeline, number, at_m, self.queue, faults, record, send)
            for number, at_m in enumerate(layout.gates_m, start=1)
        ]
        self.rods = {LOADER: Rod(timeline, LOADER, 0.0, layout.loader_stroke_s, faults, self._rod_moves)}
        self.heads: dict[int, RodHead] = {}
        events = RodHeadEvents(self._taken, self._struck, self._knocked)
        for number, at_m in zip(layout.bins, layout.rods_m, strict=True):
            self.rods[number] = Rod(timeline, number, at_m, layout.rod_stroke_s, faults, self._rod_moves)
            self.heads[number] = RodHead(number, at_m, layout.rod_head_m, self.belt, self.queue, events)
        self.bins = Bins(layout.bins)
        self._paths: dict[float, list[Station]] = {}
        faults.watch(self.queue)
        faults.on_begin(ForeignObject, self._lay_object)
        faults.on_begin(TakenOff, self._reach_for)

    def item_place_m(self, number: int) -> float | None:
        """Where an item's centre is, in m from the loader; None if it is not on the belt, or a rod takes it."""
        belt_item = self._free_item(number)
        return None if belt_item is None else belt_item.centre_m(self.belt.displacement_m)

    def place_m(self, part: str) -> float | None:
        """The position of a part along the belt, in m from the loader; None for a part that has none."""
        parts: tuple[Gate | Rod, ...] = (*self.gates, *self.rods.values())
        positions_m = {each.name: each.position_m for each in parts} | {"camera": self.camera.position_m}
        return positions_m.get(part)

    def obey(self, message: Message) -> None:
        """Act on a message that arrived on `aa`. One that is no command for this line is recorded as refused."""
        command = message.command
        if command is None:
            self._record(trace.Refused(self._timeline.now, message.text))
            return
        self._record(trace.Commanded(self._timeline.now, message.payload.decode()))
        if isinstance(command, wire.Conveyor):
            (self.belt.run if command.run else self.belt.stop)()
        elif command.number == wire.ALL:
            for rod in self.rods.values():
                self._stroke(rod, command.push)
        elif command.number in self.rods:
            self._stroke(self.rods[command.number], command.push)
        else:
            self._record(trace.Refused(self._timeline.now, f"rod {command.number}: the line has {list(self.rods)}"))

    def end(self, reason: trace.EndReason) -> None:
        """Record the state of the line at the end of the run."""
        on_belt = tuple(belt_item.number for belt_item in self.queue)
        rods_out = tuple(rod.number for rod in self.rods.values() if rod.stroke is not Stroke.IN)
        in_stack = not self.loader.empty
        self._record(trace.Ended(self._timeline.now, reason, on_belt, in_stack, rods_out, self.belt.running))

    @property
    def at_rest(self) -> bool:
        """Whether the belt stands still and every rod is in."""
        rods_in = all(rod.stroke is Stroke.IN for rod in self.rods.values())
        return rods_in and not self.belt.running and not self.belt.moving

    @staticmethod
    def _stroke(rod: Rod, push: bool) -> None:
        (rod.push if push else rod.pull)()

    def _loaded(self, item: Item | None, gap_m: float | None) -> int | None:
        """An item lies at the loader, or behind the one that the same push has loaded before it."""
        now_s = self._timeline.now
        if item is None:
            self._record(trace.LoadedNothing(now_s))
            return None
        longer = self._faults.active(TooLong)
        if longer:
            length_m = min(item.length_m * math.prod(fault.factor for fault in longer), LONGEST_ITEM_M)
            item = msgspec.structs.replace(item, length_m=length_m)
        for fault in longer:
            self._faults.disturb(fault, "longer", "loader", at_m=0.0)
        behind_m = 0.0 if gap_m is None else (self._pushed_length_m + item.length_m) / 2 + gap_m
        self._pushed_length_m = item.length_m
        self._count += 1
        belt_item = BeltItem(self._count, item, self.belt.displacement_m + behind_m)
        onto = self._onto(belt_item)
        beside = self.queue.beside(None, -behind_m)[-1:]
        self._record(trace.Loaded(now_s, belt_item.number, item.item_class, item.length_m, onto, beside))
        self._join(belt_item, -behind_m)
        for fault in longer:
            self._faults.disturb(fault, "longer", "loader", item=belt_item.number)
        self._faults.item_loaded(belt_item)
        return belt_item.number

    def _onto(self, belt_item: BeltItem) -> int | None:
        """The number of the item on which `belt_item`, not yet on the belt, will lie; None if there is none."""
        onto = self.queue.overlapped(belt_item)
        return None if onto is None else onto.number

    def _join(self, belt_item: BeltItem, at_m: float) -> None:
        """Put an item on the belt at `at_m` from the loader; it blocks the beams that it lies in."""
        belt_item.path = self._path(belt_item)
        belt_item.step = 0
        if at_m > 0:
            belt_item.step = sum(station.centre_m <= at_m for station in belt_item.path)
            for gate in self.gates:
                if gate.position_m - belt_item.half_m <= at_m < gate.position_m + belt_item.half_m:
                    gate.enter(belt_item)
        self.queue.add(belt_item)

    def _lay_object(self, fault: ForeignObject) -> None:
        """A person lays a foreign object on the belt."""
        self._objects += 1
        at_m = fault.at_m
        belt_item = BeltItem(-self._objects, foreign_item(fault.length_m), self.belt.displacement_m - at_m)
        onto = self._onto(belt_item)
        self._record(trace.LaidDown(self._timeline.now, belt_item.number, fault.length_m, at_m, onto))
        self._join(belt_item, at_m)
        self._faults.disturb(fault, "laid_down", self._behind(at_m), item=belt_item.number)

    def _reach_for(self, fault: TakenOff) -> None:
        """The fault begins while its item is where it is to be taken off."""
        belt_item = self._free_item(fault.item)
        if belt_item is not None and abs(belt_item.centre_m(self.belt.displacement_m) - fault.at_m) < SAME_PLACE_M:
            self._take_off(fault, belt_item)

    def _free_item(self, number: int) -> BeltItem | None:
        """An item that is on the belt, and not with a rod."""
        return next((each for each in self.queue if each.number == number and each.taken_by is None), None)

    def _take_off(self, fault: TakenOff, belt_item: BeltItem) -> None:
        """A person takes an item off the belt if the fault acts now, and puts it back later if the fault says so."""
        if fault not in self._faults.active(TakenOff):
            return
        self._faults.disturb(fault, "taken_off", self._behind(fault.at_m), item=belt_item.number)
        self._record(trace.TakenByHand(self._timeline.now, belt_item.number, False, fault.back_m is not None))
        self.queue.remove(belt_item)
        self._leave_beams(belt_item)
        if fault.back_m is not None:
            self._timeline.call_at(self._timeline.now + fault.back_s, partial(self._put_back, fault, belt_item))

    def _put_back(self, fault: TakenOff, belt_item: BeltItem) -> None:
        assert fault.back_m is not None
        belt_item.origin_m = self.belt.displacement_m - fault.back_m
        onto = self._onto(belt_item)
        self._record(trace.TakenByHand(self._timeline.now, belt_item.number, True, False, onto))
        self._join(belt_item, fault.back_m)
        self._faults.disturb(fault, "put_back", self._behind(fault.back_m), item=belt_item.number)

    def _behind(self, at_m: float) -> str:
        """The name of the last gate before `at_m`; the loader if there is none."""
        passed = [gate.name for gate in self.gates if gate.position_m <= at_m + self._layout.rod_head_m / 2]
        return passed[-1] if passed else "loader"

    def _path(self, belt_item: BeltItem) -> list[Station]:
        """The stations of an item of this length, in order along the belt."""
        half_m = belt_item.half_m
        removals = [fault for fault in self._faults.all(TakenOff) if fault.item == belt_item.number]
        path = self._paths.get(half_m)
        if path is not None and not removals:
            return path
        path = [Station(self._layout.camera_m, self.camera.pass_by), Station(self._layout.end_m, self._fell_off)]
        for gate in self.gates:
            path.append(Station(gate.position_m - half_m, gate.enter))
            path.append(Station(gate.position_m + half_m, gate.leave))
        for head in self.heads.values():
            path.append(Station(head.from_m - half_m, partial(self._meet, head)))
        path += [Station(fault.at_m, partial(self._take_off, fault)) for fault in removals if belt_item.step == 0]
        path.sort(key=lambda station: station.centre_m)
        if len(self._paths) < 64 and not removals:  # Items of one length share a path; drawn lengths do not repeat.
            self._paths[half_m] = path
        return path

    def _meet(self, head: RodHead, belt_item: BeltItem) -> None:
        head.meet(belt_item, self.rods[head.number])

    def _rod_moves(self, rod: Rod) -> None:
        self._record(trace.RodMoves(self._timeline.now, rod.number, rod.stroke.value))
        part = self.loader if rod.number == LOADER else self.heads[rod.number]
        part.move(rod)

    def _taken(self, belt_item: BeltItem, rod: Rod, offset_m: float) -> None:
        self._record(
            trace.Taken(self._timeline.now, belt_item.number, rod.number, offset_m, self.queue.gap_m(belt_item))
        )

    def _struck(self, belt_item: BeltItem, rod: Rod, offset_m: float) -> None:
        beside = self.queue.beside(belt_item.number, None)
        self._record(trace.Struck(self._timeline.now, belt_item.number, rod.number, offset_m, beside))

    def _held(self, belt_item: BeltItem, by: object) -> None:
        rod = by.number if isinstance(by, RodHead) else None
        behind = by.number if isinstance(by, BeltItem) else None
        beside = self.queue.beside(belt_item.number, None)
        self._record(trace.Held(self._timeline.now, belt_item.number, rod, behind, beside))

    def _knocked(self, belt_item: BeltItem, rod: Rod) -> None:
        self._fall(belt_item, rod.number)

    def _fell_off(self, belt_item: BeltItem) -> None:
        self.queue.remove(belt_item)
        self._fall(belt_item, REJECT)

    def _fall(self, belt_item: BeltItem, number: int) -> None:
        if belt_item.number > 0:
            self.bins.receive(number)
        self._record(trace.Binned(self._timeline.now, belt_item.number, number))
        self._leave_beams(belt_item)

    def _leave_beams(self, belt_item: BeltItem) -> None:
        for beam in sorted(belt_item.beams):
            self.gates[beam - 1].lose(belt_item)
