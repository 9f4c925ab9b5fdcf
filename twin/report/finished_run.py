"""What is shown and written of a finished run."""

from collections.abc import Sequence
from typing import Protocol

from twin.beliefs import Belief
from twin.links.output_log import OutputLine
from twin.scenario.scenario import Scenario
from twin.verdict.checks import Excused, Violation
from twin.verdict.summary import Lateness, Summary, Tally


class FinishedRun(Protocol):
    """A finished run; `twin.Run` is one."""

    @property
    def core(self) -> str | None:
        """The name of the controller's core, if it is not ours."""

    @property
    def again(self) -> Sequence[str]:
        """Options of `twin run`, besides link and controller, with which its program is run so again."""

    @property
    def scenario(self) -> Scenario:
        """What it was."""

    @property
    def summary(self) -> Summary:
        """Its figures."""

    @property
    def tally(self) -> Tally:
        """Its counts by class."""

    @property
    def violations(self) -> Sequence[Violation]:
        """What its checks found."""

    @property
    def excused(self) -> Sequence[Excused]:
        """What a recorded fact excuses."""

    @property
    def unlisted(self) -> int:
        """How many violations were found besides."""

    @property
    def interrupted(self) -> bool:
        """Whether it has no verdict."""

    @property
    def computing(self) -> Sequence[tuple[str, int, float]]:
        """Lines of a hosted program that compute for long: file, line, and the time that each takes, in s."""

    @property
    def lateness_ms(self) -> Lateness:
        """How late events were under the wall clock."""

    @property
    def beliefs(self) -> Sequence[Belief] | None:
        """What our controller believed of each item; None if the run did not keep it."""

    @property
    def output_lines(self) -> Sequence[OutputLine]:
        """The lines that an external program wrote."""
