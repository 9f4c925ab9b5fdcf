"""A plant without a controller. The test schedules the commands."""

from pathlib import Path

from controller import wire
from twin import load_layout, trace
from twin.plant.fault_injector import FaultInjector
from twin.plant.line import Line
from twin.plant.message import command_message
from twin.plant.picture_source import picture_source_of
from twin.scenario.random_streams import Streams
from twin.scenario.scenario import Scenario
from twin.timeline import Timeline

FAST = load_layout(Path(__file__).parents[2] / "layouts" / "fast.toml")
"""A layout with round numbers: belt speed 0.25 m/s, loader strokes 0.5 s."""


class Plant:
    """A line with the records that it has made and the messages that it has sent."""

    def __init__(self, scenario: Scenario) -> None:
        self.timeline = Timeline()
        self.records: list[trace.AnyRecord] = []
        self.sent: list[tuple[float, bytes]] = []
        faults = FaultInjector(self.timeline, scenario, Streams(scenario.seed).stream("faults"), self.records.append)
        self.line = Line(
            self.timeline, scenario, picture_source_of(scenario, faults), faults, self.records.append,
            lambda message: self.sent.append((self.timeline.now, message.payload)),
        )  # fmt: skip

    def command(self, at_s: float, command: wire.Command) -> None:
        """Schedule a command to arrive at the plant at `at_s`."""
        self.timeline.call_at(at_s, lambda: self.line.obey(command_message(wire.encode_command(command))))

    def belt(self, at_s: float, run: bool) -> None:
        self.command(at_s, wire.Conveyor(run=run))

    def push(self, at_s: float, rod: int, out_s: float) -> None:
        """Push a rod at `at_s` and pull it `out_s` later."""
        self.command(at_s, wire.Rod(number=rod, push=True))
        self.command(at_s + out_s, wire.Rod(number=rod, push=False))

    def run(self, until_s: float) -> "Plant":
        self.timeline.run(until=until_s)
        return self

    def all(self, *kinds: type) -> list:
        return [record for record in self.records if isinstance(record, kinds)]
