"""Harmonic analysis of tide gauge records."""

from tideline.analysis import Tide, fit
from tideline.constituents import CONSTITUENTS, Constituent, select
from tideline.extremes import exceedance, high_and_low_waters
from tideline.gauge import read_gauge

__all__ = [
    "CONSTITUENTS",
    "Constituent",
    "Tide",
    "exceedance",
    "fit",
    "high_and_low_waters",
    "read_gauge",
    "select",
]
