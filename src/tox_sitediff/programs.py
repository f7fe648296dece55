"""Starting other programs, and how long they may take (leaf)."""

from __future__ import annotations

import os
import threading
from typing import Final

from .errors import EnvironmentProblem
from .text import printable

TIMEOUT: Final = 60.0
"""Seconds after which an interpreter that does not answer counts as hung."""
TIMEOUT_VARIABLE: Final = "TOX_SITEDIFF_PROBE_TIMEOUT"
"""The variable of the calling process that sets another number of seconds."""


def patience() -> float:
    """Return how many seconds a program that answers at once otherwise may take.

    Returns:
        What ``TOX_SITEDIFF_PROBE_TIMEOUT`` says, or 60.

    Raises:
        EnvironmentProblem: When it is not a number above 0.
    """
    text = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(text) if text else TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise EnvironmentProblem(f"{TIMEOUT_VARIABLE}={printable(text)} is not a number of seconds above 0")
    return seconds
