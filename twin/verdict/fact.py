"""One fact of a run that may excuse a break."""

from typing import NamedTuple

from twin import trace


class Fact(NamedTuple):
    """At `t_s` the fault named `fault` had the effect `what` at a part."""

    t_s: float
    what: trace.Effect
    part: str
    fault: str
