"""What a record says of an environment that has changed since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from support.strategies import BASE, RECORD, stock
from tox_sitediff.core.model import Interpreter, Layer, Role
from tox_sitediff.core.record import Installed
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.engine.history import holds_others

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.core.record import Record


def test_a_record_names_what_is_installed_now_or_has_changed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    own = Layer(path=str(site), role=Role.OWN)
    view = Snapshot(
        interpreter=Interpreter(
            executable="",
            version="3.12.1",
            implementation="cpython",
            prefix="",
            base_prefix="",
            base_executable="",
            layers=(own, BASE),
            purelib=str(site),
            scripts="",
        ),
        inventory=stock(),
        exclude=frozenset(),
    )
    assert holds_others(_installed(RECORD, "demo", "1.0"), view)
    metadata = site / "demo-1.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Version: 1.0\n", encoding="utf-8")
    assert not holds_others(_installed(RECORD, "demo", "1.0"), view)
    assert holds_others(_installed(RECORD, "demo", "1.1"), view)
    assert holds_others(replace(RECORD, installed=()), view)
    assert not holds_others(RECORD, None)


def _installed(record: Record, name: str, version: str) -> Record:
    return replace(record, installed=(Installed(name=canonicalize_name(name), version=version, bytes=1, why=()),))
