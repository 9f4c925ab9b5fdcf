"""Scenario files: any content gives a `TwinError`, or a scenario that round-trips exactly.

Random bytes seldom pass the JSON parser, so each input is used twice: as a file, and as instructions for changing a
good scenario in a few places.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import atheris
from harness import fuzz

with atheris.instrument_imports(
    include=[
        "twin.scenario.scenario",
        "twin.scenario.layout",
        "twin.scenario.item",
        "twin.scenario.faults",
        "controller",
    ]
):
    from twin.errors import TwinError
    from twin.scenario.scenario import decode_scenario, encode_scenario, load_scenario

GOOD = [
    json.loads(path.read_bytes())
    for path in sorted((Path(__file__).parents[1] / "scenarios" / "regressions").glob("*.json"))
]
ODD = (None, True, 0, -1, 0.0, -0.5, 1e308, 1e-308, 2**63, 2**70, "", "first", "ripe", [], {}, [[]], {"": 0})
ODD_KEYS = ("seed", "faults", "items", "count", "fault", "gate", "rod", "from_s", "until_s", "in_flight", "\0")


class Held:
    """A file in memory."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def read_bytes(self) -> bytes:
        """The file's content."""
        return self._text


def test_one_input(data: bytes) -> None:
    """Load the bytes as a file, and a good file changed by the bytes."""
    _load(data)
    source = atheris.FuzzedDataProvider(data)
    scenario = deepcopy(source.PickValueInList(GOOD))
    for _ in range(source.ConsumeIntInRange(0, 4)):
        _change(scenario, source)
    _load(json.dumps(scenario).encode())


def _load(text: bytes) -> None:
    try:
        scenario = load_scenario(Held(text))
    except TwinError:
        return
    assert decode_scenario(encode_scenario(scenario)) == scenario


def _change(tree: dict[str, Any], source: atheris.FuzzedDataProvider) -> None:
    """Change one value, somewhere in the tree: another number, another kind of thing, gone, or one key more."""
    holder: Any = tree
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        key = source.PickValueInList(keys)
        if not isinstance(holder[key], dict | list) or not holder[key] or source.ConsumeProbability() < 0.1:
            break
        holder = holder[key]
    match source.ConsumeIntInRange(0, 4):
        case 0:
            holder[key] = deepcopy(source.PickValueInList(list(ODD)))
        case 1:
            holder[key] = source.ConsumeInt(8)
        case 2:
            holder[key] = source.ConsumeRegularFloat()
        case 3:
            del holder[key]
        case _ if isinstance(holder, dict):
            holder[source.PickValueInList(list(ODD_KEYS))] = deepcopy(source.PickValueInList(list(ODD)))
        case _:
            holder.append(deepcopy(holder[key]))


if __name__ == "__main__":
    fuzz("scenario", test_one_input, most_bytes=4096)
