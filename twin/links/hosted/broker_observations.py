"""Observations of connections by the session broker, in the form that every link records."""

from typing import Final

from twin.broker.mqtt.effects import Connected, Disconnected, Effect, Refused, Subscribed
from twin.broker.observation import Observation
from twin.trace import Event

_ENDINGS: Final[dict[str, Event]] = {"disconnected": "disconnected", "taken over": "taken over"}


def observations_of(effect: Effect) -> list[Observation]:
    """The observations in an effect of the session broker."""
    if isinstance(effect, Connected):
        return [Observation(effect.client_id, "connected", "MQTT 3.1.1")]
    if isinstance(effect, Subscribed):
        return [Observation(effect.client_id, "subscribed", effect.topic_filter)]
    if isinstance(effect, Refused):
        return [Observation(effect.client_id, "refused", f"it speaks {effect.protocol}, code {effect.code}")]
    if isinstance(effect, Disconnected):
        event = _ENDINGS.get(effect.reason, "lost")
        return [Observation(effect.client_id, event, "" if event == effect.reason else effect.reason)]
    return []
