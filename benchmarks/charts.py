"""Pictures of what benchmarks found, as SVG: bars beside each other, and lines over a logarithmic axis."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from results import Beside, Growth, Results, Series

_OURS: Final = "#0072b2"
_OTHERS: Final = "#999999"
_COLOURS: Final = (_OURS, _OTHERS, "#d55e00", "#56b4e9", "#009e73", "#cc79a7")
_LABEL: Final = 260
_WIDTH: Final = 860
_ROW: Final = 18


def bars(title: str, unit: str, groups: Mapping[str, Mapping[str, float]]) -> str:
    """Draw horizontal bars.

    Args:
        title: What is shown.
        unit: Of the values.
        groups: For each row of the picture the values of its bars, by whose they are.

    Returns:
        The whole SVG.
    """
    most = max((value for group in groups.values() for value in group.values()), default=0) or 1
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    colours = dict(zip(names, _COLOURS * len(names), strict=False))
    y = 50
    parts = [_legend(colours)]
    for label, group in groups.items():
        parts.append(_text(_LABEL - 8, y + _ROW * len(group) / 2 + 4, label, anchor="end"))
        for name, value in group.items():
            length = value / most * (_WIDTH - _LABEL - 90)
            parts.append(
                f'<rect x="{_LABEL}" y="{y + 2}" width="{length:.1f}" height="{_ROW - 4}" fill="{colours[name]}"/>'
            )
            parts.append(_text(_LABEL + length + 5, y + _ROW - 5, number(value)))
            y += _ROW
        y += 10
    return _svg(f"{title}, {unit}", y, parts)


def number(value: float) -> str:
    """Write a number with three digits that say something."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def counted(found: Results) -> str:
    """Draw what `count` found over the smallest base."""
    size = found["sizes"][0]
    groups = {}
    runs = size["runs"]
    for kind in found["kinds"]:
        groups[kind["name"].replace("`", "")] = {
            "ours": runs[kind["run"]]["instructions"] / 1e6,
            "beside": sum(runs[name]["instructions"] for name in kind["beside"]) / 1e6,
        }
    return bars(f"Kinds of run over {size['distributions']} distributions", "million instructions", groups)


def beside(found: Beside) -> str:
    """Draw what `beside` found: the seconds of a new environment and of a second run."""
    groups = {}
    for case in found["cases"]:
        if case["new"]:
            means = {"new (-r)": case["new"], "again": case["again"]}
            groups[case["name"]] = {
                name: statistics.median(run["wall"] for run in runs) for name, runs in means.items()
            }
    return bars(f"{found['base']['name']}, {found['base']['distributions']} distributions", "seconds", groups)


def sizes(found: Beside) -> str:
    """Draw what `beside` found on the disk, and what was downloaded for it."""
    groups = {
        case["name"]: {
            "environment": case["environment"]["apparent"] / 1e6,
            "unshared": case["environment"]["unshared"] / 1e6,
            "downloaded": case["downloaded"] / 1e6,
        }
        for case in found["cases"]
        if "environment" in case
    }
    return bars(f"{found['base']['name']}, {found['base']['distributions']} distributions", "MB", groups)


def growth(found: Growth) -> str:
    """Draw the series that `scale` found, one below the other."""
    parts: list[str] = []
    y = 40
    for series in found["series"]:
        parts.append(f'<g transform="translate(0 {y})">{_lines(series)}</g>')
        y += 300
    return _svg("How the costs grow: ours, and dashed what it is set beside", y, parts)


def _lines(series: Series) -> str:
    left, top, width, height = 70, 20, 460, 220
    lines = [
        (_COLOURS[at % len(_COLOURS)], name, dash, [(point["x"], point["y"]) for point in points if "y" in point])
        for at, line in enumerate(series["lines"])
        for name, dash, points in ((line["name"], "", line["ours"]), ("beside", "6 4", line["beside"]))
    ]
    points = [point for *_, line in lines for point in line]
    if not points:
        return ""
    steps = sorted({x for x, _ in points})
    low, high = math.log10(steps[0]), math.log10(steps[-1])
    most = max(y for _, y in points)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low) / ((high - low) or 1)
        return left + across * width, top + (1 - y / most) * height

    parts = [f'<path d="M{left} {top}V{top + height}H{left + width}" fill="none" stroke="#444"/>']
    for step in steps:
        x, _ = place(step, 0)
        parts.append(_text(x, top + height + 16, f"{step:,}", anchor="middle"))
    is_clock = series["measure"] == "seconds"
    what = "seconds" if is_clock else "million instructions"
    parts.append(_text(left + width / 2, top + height + 34, f"{series['unit']}: {what}", anchor="middle"))
    parts += [
        _text(left - 6, top + 8, number(most if is_clock else most / 1e6), anchor="end"),
        _text(left - 6, top + height, "0", anchor="end"),
    ]
    for at, (colour, name, dash, line) in enumerate(lines):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        parts.append(f'<polyline points="{path}" {style}/>')
        x, y = left + width + 30, top + at * 20
        parts.append(f'<path d="M{x} {y + 7}h30" {style}/>')
        parts.append(_text(x + 38, y + 11, name.replace("`", "")))
    return "".join(parts)


def _legend(colours: Mapping[str, str]) -> str:
    parts = []
    x = float(_LABEL)
    for name, colour in colours.items():
        parts.append(f'<rect x="{x:.0f}" y="30" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(x + 17, 41, name))
        x += 36 + 7.2 * len(name)
    return "".join(parts)


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#222">\n'
        f'<title>{escape(title)}</title>\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<text x="12" y="20" font-size="14" font-weight="bold">{escape(title)}</text>\n{body}\n</svg>\n'
    )
