"""The harmonic constituents that tideline knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Constituent:
    """One cosine of the tide, named by its astronomical origin."""

    name: str
    degrees_per_hour: float

    @property
    def period_hours(self) -> float:
        """Time from one crest to the next."""
        return 360.0 / self.degrees_per_hour


CONSTITUENTS = {
    name: Constituent(name=name, degrees_per_hour=speed)
    for name, speed in {
        "M2": 28.9841042,  # the moon, twice a day
        "S2": 30.0000000,  # the sun, twice a day
        "N2": 28.4397295,  # the moon's distance
        "K1": 15.0410686,  # the moon's and the sun's declination
        "O1": 13.9430356,  # the moon's declination
        "M4": 57.9682084,  # shallow water
    }.items()
}


def select(names: Iterable[str]) -> list[Constituent]:
    """Look constituents up by name, in the order given, whatever the case.

    Raises:
        ValueError: a name is unknown; all unknown names are in the message.
    """
    wanted = [name.strip().upper() for name in names]
    unknown = [name for name in wanted if name not in CONSTITUENTS]
    if unknown:
        known = ", ".join(CONSTITUENTS)
        raise ValueError(f"unknown constituents: {', '.join(unknown)} (known: {known})")
    return [CONSTITUENTS[name] for name in dict.fromkeys(wanted)]
