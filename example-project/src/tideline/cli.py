"""The command `tideline`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tideline.analysis import fit
from tideline.constituents import CONSTITUENTS, select
from tideline.gauge import read_gauge


def main(argv: Sequence[str] | None = None) -> int:
    """Print the harmonic constants of a gauge's record."""
    parser = argparse.ArgumentParser(prog="tideline", description=main.__doc__)
    parser.add_argument("record", type=Path, help="CSV file with the columns time and level")
    parser.add_argument(
        "--constituents",
        default=",".join(CONSTITUENTS),
        metavar="NAMES",
        help="separated by commas (default: %(default)s)",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the record and its tide")
    options = parser.parse_args(argv)

    try:
        levels = read_gauge(options.record)
        tide = fit(levels, select(options.constituents.split(",")))
    except (OSError, ValueError) as error:
        print(f"tideline: {error}", file=sys.stderr)
        return 1

    print(f"mean level {tide.mean:.3f}, origin {tide.origin:%Y-%m-%d %H:%M}")
    print(tide.table().to_string(float_format="{:.3f}".format))
    if options.plot is not None:
        from tideline.plot import save  # matplotlib is needed here only

        save(levels, tide, options.plot)
    return 0
