"""A line for those whose environments stand on a base that offers next to nothing: which other one would."""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING, Final

from . import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tox.config.cli.parser import Parsed

    from ..core.record import Record

_FACTOR: Final = re.compile(r"(?:^|-)(?:py|pypy|cpython)?\d")
"""A name that says which version of Python is meant."""


def say(name: str, record: Record, *, named: Sequence[str], options: Parsed) -> None:
    """Say once in a run, of a base that nobody named by its path, which other one would offer more.

    Args:
        name: The environment.
        record: What it holds.
        named: What its configuration says of ``base_python``.
        options: Those of the run.
    """
    current = session.of(options)
    prefix = record.python.base_prefix
    if current is None or prefix in current.poor or any({os.sep, "/"} & {*text} for text in named):
        return
    from ..engine.elsewhere import another_base  # few runs need it

    any_version = not named and _FACTOR.search(name) is None
    words = another_base(
        record,
        os.environ,
        line="base_python = {} in [testenv]",
        any_version=any_version,
        more=options.discover,
    )
    if words is not None:
        current.poor.add(prefix)
        logging.warning("sitediff: %s", words)
