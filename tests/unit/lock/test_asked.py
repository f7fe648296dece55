"""What ``-r pylock.toml`` asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from packaging.markers import default_environment

from tox_sitediff.core.declared import Arguments
from tox_sitediff.lock.asked import with_locked

if TYPE_CHECKING:
    from pathlib import Path

LOCK: Final = """\
lock-version = "1.0"
created-by = "by hand"
extras = ["x"]
dependency-groups = ["dev"]
[[packages]]
name = "a"
version = "1.0"
dependencies = [{name = "b"}]
[[packages.wheels]]
name = "a-1.0-py3-none-any.whl"
url = "https://host.example/a-1.0-py3-none-any.whl"
hashes = {sha256 = "0"}
[[packages]]
name = "b"
version = "2.0"
marker = "python_version < '3'"
archive = {url = "https://host.example/b-2.0.zip", hashes = {sha256 = "0"}}
[[packages]]
name = "c"
version = "3.0"
marker = "'x' in extras"
sdist = {url = "https://host.example/c-3.0.tar.gz", hashes = {sha256 = "0"}}
[[packages]]
name = "d"
version = "4.0"
marker = "'dev' in dependency_groups"
sdist = {url = "https://host.example/d-4.0.tar.gz", hashes = {sha256 = "0"}}
[[packages]]
name = "e"
directory = {path = "../e", editable = true}
"""
MARKERS: Final = {name: str(value) for name, value in default_environment().items()}


def asked(path: Path, *, extras: tuple[str, ...] | None = (), groups: tuple[str, ...] = ()) -> Arguments:
    return Arguments(declared=(), constraints=(), deep=True, plain=False, locks=(path,), extras=extras, groups=groups)


@pytest.mark.parametrize(
    ("extras", "groups", "more"),
    [((), (), []), (("x",), (), ["c==3.0"]), (None, (), ["c==3.0"]), ((), ("dev",), ["d==4.0"])],
)
def test_all_that_it_holds_for_this_environment(
    tmp_path: Path, extras: tuple[str, ...] | None, groups: tuple[str, ...], more: list[str]
) -> None:
    """And nothing that this requires: uv installs no more either. The hash of what is reused was not checked."""
    path = tmp_path / "in" / "pylock.toml"
    path.parent.mkdir()
    path.write_text(LOCK, "utf-8")
    found = with_locked(asked(path, extras=extras, groups=groups), MARKERS)
    project = f"e @ {(tmp_path / 'e').as_uri()}"
    assert [item.text for item in found.declared] == ["a==1.0", *more, project]
    assert [item.hashed for item in found.declared] == [True, *(True for _ in more), False]
    assert not found.deep


@pytest.mark.parametrize(
    "text", [None, "x", 'lock-version = "9"', LOCK.replace("2.0", "="), LOCK + '\nrequires-python = "<3"']
)
def test_one_that_can_not_be_read_is_for_uv_to_refuse(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "pylock.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    before = asked(path)
    assert with_locked(before, MARKERS) == before
    path.write_text(LOCK.replace("created-by", 'requires-python = "<3"\ncreated-by'), "utf-8")
    assert with_locked(before, MARKERS) == before
    assert with_locked(replace(before, extras=("unknown",)), MARKERS).declared == ()
