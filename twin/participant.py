"""The controller in the twin's virtual time: hears what arrives, is woken when it asked to be, sends commands."""

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Final

from controller import codec
from controller.errors import WireError
from twin import trace
from twin.errors import ParticipantError
from twin.link import Link, Reply
from twin.pacing import wall_s
from twin.timeline import Timeline, Timer

SPINS_AT_ONE_INSTANT: Final = 1000
"""A controller that wants to be woken this often without time passing will never let it pass."""

LATENCY_SAMPLES: Final = 10_000
LAST_WILL: Final = codec.encode_command(codec.Conveyor(run=False))


class Participant:
    """Drives a link from the timeline: one exchange for each arrival on `bb` and for each deadline.

    A controller that fails is recorded as crashed, once, and not asked again.
    """

    def __init__(self, timeline: Timeline, link: Link, record: Callable[[trace.AnyRecord], None]) -> None:
        self._timeline = timeline
        self._link = link
        self._record = record
        self._deadline = Timer(timeline)
        self._spins = 0
        self._spun_at_s = -1.0
        self._away = False
        self.crashed = False
        self.exchanges = 0
        self.gate_to_command_s: deque[float] = deque(maxlen=LATENCY_SAMPLES)

    def begin(self, send: Callable[[bytes], None]) -> None:
        """Let the controller start; its commands go to `send`."""
        self._send = send
        self._exchange([])

    def arrive(self, payload: bytes) -> None:
        """A payload on `bb` reaches the controller."""
        key, value = _spelled(payload)
        if self._away:
            return
        self._record(trace.Feedback(self._timeline.now, key, value))
        before_s = wall_s()
        if self._exchange([payload]) and key != "image":
            self.gate_to_command_s.append(wall_s() - before_s)

    def go_away(self, *, dies: bool, will: bool) -> None:
        """The connection breaks, or the controller dies; the broker, if it is there, sends the last will."""
        self._away = True
        self._deadline.cancel()
        if dies:
            self._link.kill()
        if will:
            self._send(LAST_WILL)

    def come_back(self, *, reborn: bool) -> None:
        """The connection is there again, or another controller is in the dead one's place."""
        if self.crashed:
            return
        self._away = False
        self._converse(self._link.revive if reborn else self._link.rejoin)

    def _wake(self) -> None:
        if self._spun_at_s != self._timeline.now:
            self._spun_at_s, self._spins = self._timeline.now, 0
        self._spins += 1
        if self._spins > SPINS_AT_ONE_INSTANT:
            self._crash(f"asks for {self._spins} deadlines at one instant")
        else:
            self._exchange([])

    def _exchange(self, feedback: list[bytes]) -> bool:
        """One exchange; returns whether the controller commanded anything."""
        if self.crashed or self._away:
            return False
        return self._converse(lambda now_s: self._link.exchange(now_s, feedback))

    def _converse(self, talk: Callable[[float], Reply]) -> bool:
        self.exchanges += 1
        try:
            reply = talk(self._timeline.now)
        except ParticipantError as error:
            self._crash(str(error))
            return False
        self._obey(reply)
        return bool(reply.commands)

    def _obey(self, reply: Reply) -> None:
        for payload in reply.commands:
            self._send(payload)
        if reply.next_s is None:
            self._deadline.cancel()
        else:
            self._deadline.start(max(reply.next_s, self._timeline.now), self._wake)

    def _crash(self, reason: str) -> None:
        self.crashed = True
        self._deadline.cancel()
        self._record(trace.Crashed(self._timeline.now, reason))


def _spelled(payload: bytes) -> tuple[str, str]:
    """A feedback payload as the trace shows it: a gate's key and value as they are, an image by digest."""
    if payload.startswith(b'{"image"'):
        return "image", hashlib.blake2b(payload, digest_size=8).hexdigest()
    try:
        edge = codec.decode_feedback(payload)
    except WireError as error:
        return "garbage", error.kind
    assert isinstance(edge, codec.GateEdge)
    return f"gate {edge.number}", "blocked" if edge.blocked else "clear"
