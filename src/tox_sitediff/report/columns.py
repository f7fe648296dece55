"""What the page of a report is drawn from (pure): all records, each text and each distribution once.

Two hundred environments of five hundred distributions name a hundred thousand of them, but few different ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.model import Role
from ..text import LONGEST, printable
from .findings import KINDS, findings
from .texts import described

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.record import Installed, Json, Record, Reused
    from .compare import Pair
    from .rows import Row


class _Table:
    """Values, each of which has a number."""

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}

    def add(self, value: object) -> int:
        """Return the number of a value."""
        return self.numbers.setdefault(value, len(self.numbers))


class _Shared:
    """What several environments have in common.

    Attributes:
        texts: Names, versions, paths, requirements, safe to show.
        distributions: Name, version, bytes, files and origin of each that is reused or installed.
        chains: Of each chain of names the chain before its last one, or -1, and that one.
        origins: The role and the path of what distributions are in; of an environment's own the role alone.
    """

    def __init__(self) -> None:
        self.texts = _Table()
        self.distributions = _Table()
        self.chains = _Table()
        self.origins = _Table()
        self._shown: dict[str, int] = {}
        self._chained: dict[tuple[str, ...], int] = {(): -1}

    def text(self, text: str) -> int:
        found = self._shown.get(text)
        if found is None:
            found = self._shown[text] = self.texts.add(printable(text, LONGEST))
        return found

    def chain(self, names: tuple[str, ...]) -> int:
        found = self._chained.get(names)
        if found is None:
            before = self.chain(names[:-1][-_DEEPEST:])
            found = self._chained[names] = self.chains.add((before, self.text(names[-1])))
        return found

    def distribution(self, item: Installed | Reused, role: str, path: str) -> int:
        origin = self.origins.add((role, self.text(path)))
        return self.distributions.add((self.text(item.name), self.text(item.version), item.bytes, item.files, origin))


_DEEPEST = 200
"""Names of a chain that are shown: a real one has a dozen."""


def columns(rows: Sequence[Row], pairs: Sequence[Pair] | None) -> dict[str, Json]:
    """Arrange a report for its page.

    Args:
        rows: The rows, in their order.
        pairs: What came of a comparison; None where nothing was compared.

    Returns:
        Columns of numbers: of texts, and of each other. What is not known is -1.
    """
    shared = _Shared()
    environments: list[Json] = [_environment(row, shared) for row in rows]
    kinds = list(KINDS)
    found: list[Json] = [
        [kinds.index(item.kind), shared.text(item.name), shared.text(item.detail), list(item.rows)]
        for item in findings(rows)
    ]
    changed: list[Json] | None = None if pairs is None else [_changed(pair, rows, shared) for pair in pairs]
    distributions = [*shared.distributions.numbers]
    return {
        "environments": environments,
        "kinds": [[kind, meaning] for kind, meaning in KINDS.items()],
        "findings": found,
        "changes": changed,
        "distributions": [_column(distributions, at) for at in range(5)],
        "origins": [list(origin) for origin in shared.origins.numbers],  # type: ignore[call-overload]
        "chains": [_column([*shared.chains.numbers], at) for at in range(2)],
        "texts": [str(text) for text in shared.texts.numbers],
    }


def _column(values: Sequence[object], at: int) -> list[Json]:
    found: list[Json] = []
    for value in values:
        assert isinstance(value, tuple)  # noqa: S101  # as `_Shared` makes them
        found.append(-1 if value[at] is None else value[at])
    return found


def _environment(row: Row, shared: _Shared) -> dict[str, Json]:
    record = row.record
    roles = {layer.path: str(layer.role) for layer in record.layers}
    numbers = [
        shared.distribution(item, roles.get(item.location, str(Role.BASE)), item.location) for item in record.reused
    ]
    numbers += [shared.distribution(item, str(Role.OWN), "") for item in record.installed]
    held: list[Reused | Installed] = [*record.reused, *record.installed]
    return {
        "name": shared.text(row.environment),
        "base": shared.text(row.base),
        "python": shared.text(row.python),
        "machine": shared.text(row.machine or "?"),
        "from": shared.text(row.source),
        "created": shared.text(record.created),
        "failed": row.failed,
        "sizes": _sizes(record),
        "declared": [shared.text(text) for text in record.declared],
        "layers": [[shared.text(layer.path), str(layer.role)] for layer in record.layers],
        "distributions": list(numbers),
        "chains": [shared.chain(item.why) for item in held],
        "shadowed": [[shared.text(item.name), shared.text(item.base_version)] for item in record.shadowed],
        "unverified": [shared.text(item.name) for item in record.reused if not item.verified],
    }


def _sizes(record: Record) -> list[Json]:
    """List the bytes in the environment, of a full one, saved and unshared; files in the environment and a full one."""
    values = (
        record.bytes.environment,
        record.bytes.full,
        record.bytes.saved,
        record.bytes.unshared,
        record.files.environment,
        record.files.full,
    )
    return [-1 if value is None else value for value in values]


def _changed(pair: Pair, rows: Sequence[Row], shared: _Shared) -> Json:
    """Arrange a pair: which environment, its growth if it is known, what it was, and what happened, in words."""
    at = next((at for at, row in enumerate(rows) if row is pair.new), -1)
    kind = "gone" if pair.new is None else "new" if pair.old is None else "changed"
    told = [*pair.base, *map(described, pair.changes)]
    before = None if pair.old is None else pair.old.record.bytes.environment
    return {
        "environment": at,
        "name": shared.text(pair.row.environment),
        "kind": kind,
        "before": -1 if before is None else before,
        "grown": pair.grown,
        "words": [shared.text(text) for text in told],
    }
