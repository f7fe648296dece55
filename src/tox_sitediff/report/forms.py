"""The forms of a report, each by the module that writes it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from ..errors import EnvironmentProblem
from ..text import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from .compare import Pair
    from .rows import Row

_EXTRAS: Final = {"html": ("jinja2", "Jinja2"), "cyclonedx": ("cyclonedx", "cyclonedx-python-lib")}
"""What needs an extra of its own name: which module, and which distribution."""


def document(
    form: str,
    rows: Sequence[Row],
    *,
    by: Collection[str] = (),
    pairs: Sequence[Pair] | None = None,
    say: Callable[[str], None],
    width: int | None = None,
) -> str:
    """Write a report.

    Args:
        form: One of `report.FORMS`.
        rows: The rows, in their order.
        by: What sums are shown by, in forms for people.
        pairs: What came of a comparison; None where nothing was compared.
        say: Tells people what the form can't show.
        width: How wide a table may be, as on a terminal; None for as wide as it is.

    Returns:
        The report, which is safe to show, with a final newline.

    Raises:
        EnvironmentProblem: When what the form needs is not installed.
    """
    if form in _EXTRAS:
        module, name = _EXTRAS[form]
        try:
            import_module(module)
        except ImportError as error:
            raise EnvironmentProblem(
                f"--format {form} needs {name} ({error}); install it with: pip install 'tox-sitediff[{form}]'"
            ) from error
    return f"{_written(form, rows, by, pairs, say, width)}\n"


def _written(
    form: str,
    rows: Sequence[Row],
    by: Collection[str],
    pairs: Sequence[Pair] | None,
    say: Callable[[str], None],
    width: int | None,
) -> str:
    # each form loads what it needs, and no other
    if form == "json":
        from .merged import merged

        return merged(rows, pairs=pairs)
    if form == "html":
        from .page import page

        return page(rows, pairs=pairs)
    if form == "cyclonedx":
        from .bom import cyclonedx
        from .hashes import record_hashes

        return cyclonedx(rows, hashes_of=record_hashes)
    if form == "openmetrics":
        from .metrics import openmetrics

        return openmetrics(rows)
    if form == "mermaid":
        from .graph import MOST_EDGES, mermaid

        text, edges = mermaid(rows)
        if edges > MOST_EDGES:
            say(f"the graph has {edges} edges, and Mermaid draws {MOST_EDGES} unless maxEdges is raised; name fewer")
        return text
    from .texts import markdown, table

    of = table(rows, by=by, pairs=pairs, width=width) if form == "table" else markdown(rows, by=by, pairs=pairs)
    return lines(of, None)
