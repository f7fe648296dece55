"""Draw a record over its tide (needs the extra `plot`)."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from tideline.analysis import Tide


def draw(levels: pd.Series, tide: Tide) -> Figure:
    """Observed and predicted levels above, what the tide leaves unexplained below."""
    predicted = tide.predict(levels.index)
    figure, (above, below) = plt.subplots(2, sharex=True, layout="constrained")
    above.plot(levels.index, levels, ".", markersize=2, label="observed")
    above.plot(predicted.index, predicted, linewidth=1, label="tide")
    above.legend(loc="upper right")
    above.set_ylabel("level")
    below.plot(levels.index, levels - predicted, linewidth=1)
    below.set_ylabel("residual")
    return figure


def save(levels: pd.Series, tide: Tide, path: Path) -> None:
    """Draw into a file; its suffix names the format."""
    figure = draw(levels, tide)
    figure.savefig(path)
    plt.close(figure)
