"""What a campaign covered: how many scenarios have a fault act while an item is in a phase, and what is missing."""

from collections.abc import Mapping

from twin.campaign.phases import ANYTHING, EMPTY, ON_AN_ITEM, Met, phases_of


def read_coverage(counts: Mapping[str, int]) -> dict[Met, int]:
    """The counts of a ledger, by what met what."""
    return {Met(*key.split("|")): count for key, count in counts.items()}


def by_phase(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """The counts by kind of fault and phase, whatever the number on the belt."""
    return {(met.fault, met.phase): count for met, count in read_coverage(counts).items() if not met.on_belt}


def holes(counts: Mapping[str, int], kinds: list[str], gates: int, target: int = 1) -> list[tuple[str, str]]:
    """The kinds of faults and phases that met in fewer than `target` scenarios, of those that can meet.

    A kind that had no effect at all is named once, with the phase `ANYTHING`.
    """
    table = by_phase(counts)
    missing: list[tuple[str, str]] = []
    for kind in kinds:
        met = {phase for (fault, phase), count in table.items() if fault == kind and count >= target}
        if not met:
            missing.append((kind, ANYTHING))
            continue
        if kind in ON_AN_ITEM:
            met.add(EMPTY)
        missing += [(kind, phase) for phase in phases_of(gates) if phase not in met]
    return missing
