"""Which copy of a distribution counts in what an interpreter sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from support.strategies import BASE, INJECTED, OWN, distribution
from tox_sitediff.core.inventory import Inventory, listings
from tox_sitediff.core.model import Distribution, Entry, Interpreter, Layer, Role
from tox_sitediff.core.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable


# --- which copy counts


def _view(*distributions: Distribution, exclude: Iterable[str] = (), layers: Iterable[Layer] = ()) -> Snapshot:
    known = {Entry(name=item.name, path=item.path, layer=item.layer): item for item in distributions}
    return Snapshot(
        interpreter=Interpreter(
            executable="/env/bin/python",
            version="3.12.1",
            implementation="cpython",
            prefix="/env",
            base_prefix="/base",
            base_executable="/base/bin/python",
            layers=tuple(layers),
            purelib="",
            scripts="",
        ),
        inventory=Inventory(listings(known), known.__getitem__),
        exclude=frozenset(map(canonicalize_name, exclude)),
    )


@pytest.mark.parametrize(
    ("layers", "exclude", "looked_up", "told_to_uv"),
    [
        ([BASE], "", "base", "base"),
        ([BASE], "a", None, None),
        ([OWN, BASE], "", "own", None),
        ([OWN, BASE], "a", "own", None),
        ([INJECTED, OWN], "", "injected", "injected"),
        ([INJECTED, OWN], "a", "own", None),
        ([INJECTED, BASE], "", "injected", "injected"),
        ([], "", None, None),
    ],
)
def test_which_copy_counts(layers: list[Layer], exclude: str, looked_up: str | None, told_to_uv: str | None) -> None:
    """The effective copy counts, of an excluded name the own one; uv is told of an own one unless it is hidden."""
    seen = _view(*(distribution("a", layer=layer) for layer in layers), exclude=exclude)
    name = canonicalize_name("a")
    found, inherited = seen.lookup(name), seen.inherited(name)
    assert (found and str(found.layer.role)) == looked_up
    assert (inherited and str(inherited.layer.role)) == told_to_uv


def test_where_the_environment_keeps_its_own() -> None:
    """The last of its own directories is the purelib; without any, the environment's directory has to do."""
    second = Layer(path="/env/lib64/site-packages", role=Role.OWN)
    assert _view(layers=[INJECTED, second, OWN, BASE]).purelib == Path(OWN.path)
    assert _view(layers=[BASE]).purelib == Path("/env")
