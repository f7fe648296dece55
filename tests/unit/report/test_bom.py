"""A report as a bill of materials, held against the official schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from support.rows import row
from support.strategies import records
from tox_sitediff.core.findings import Undeclared
from tox_sitediff.core.model import Layer, Role
from tox_sitediff.report.bom import cyclonedx
from tox_sitediff.report.hashes import record_hashes
from tox_sitediff.report.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

    from tox_sitediff.core.record import Record

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def no_hashes(record: Record) -> dict[str, tuple[str, str]]:
    return {}


@settings(max_examples=15)  # the schema is large
@given(st.lists(records, min_size=1, max_size=2))
def test_whatever_a_record_holds_the_bill_is_valid_and_the_same_again(kept: list) -> None:  # type: ignore[type-arg]
    rows = [Row(record=record, source="x") for record in kept]
    text = cyclonedx(rows, hashes_of=no_hashes)
    assert VALIDATOR.validate_str(text) is None
    assert text == cyclonedx(rows, hashes_of=no_hashes)
    assert "\x1b" not in text


def test_each_component_says_where_it_comes_from_and_what_needs_it(tmp_path: Path) -> None:
    """With the hash of its RECORD, where that is here and has hashes; what was found of it is with it."""
    own = tmp_path / "own"
    for place, name, content in (
        (tmp_path / "base", "A.b-1.0", "A.py,sha256=x,5\n"),
        (tmp_path / "base", "plain-1", "plain.py,,\n"),
        (tmp_path / "base", "c-9", "c.py,sha256=x,5\n"),
        (own, "d-2", "d.py,sha256=x,5\n"),
    ):
        (place / f"{name}.dist-info").mkdir(parents=True)
        (place / f"{name}.dist-info/RECORD").write_text(content)
    one = row(
        "e",
        reused={"a-b": ("1.0", 5), "plain": ("1", 5), "c": ("1", 5)},
        installed={"d": ("2", 7), "gone": ("1", None)},
        shadowed={"d": "1"},
    )
    record = replace(
        one.record,
        reused=tuple(
            replace(item, location=str(tmp_path / "base"), why=("d", item.name), verified=item.name != "c")
            for item in one.record.reused
        ),
        installed=tuple(replace(item, why=("d",) if item.name == "d" else ()) for item in one.record.installed),
        layers=(
            Layer(path=str(own), role=Role.OWN),
            Layer(path=str(tmp_path / "base"), role=Role.EXTRA),
            Layer(path="relative", role=Role.BASE),
        ),
        undeclared=(Undeclared(name="u", module="u", imported_by="t.py:1"),),
    )
    text = cyclonedx([replace(one, record=record)], hashes_of=record_hashes)
    assert VALIDATOR.validate_str(text) is None
    data = json.loads(text)
    parts = {part["name"]: part for part in data["components"]}
    assert {*parts} == {"a-b", "plain", "c", "d", "gone", "u"}

    def told(name: str) -> dict[str, str]:
        return {item["name"].removeprefix("sitediff:"): item["value"] for item in parts[name]["properties"]}

    base = {"from": "layer", "location": str(tmp_path / "base"), "bytes": "5"}
    assert told("a-b") == {**base, "why": "d -> a-b"}
    assert told("c")["verified"] == "false"
    assert told("d") == {
        "from": "environment", "location": str(own), "bytes": "7", "why": "d", "instead-of": "1 of the base",
        "finding:shadowed": "9 stands before the base's 1",
    }  # fmt: skip
    assert told("u") == {"from": "base", "finding:undeclared": "t.py:1: import u"}
    hashed = {name: part["components"] for name, part in parts.items() if "components" in part}
    assert {name: files[0]["name"] for name, files in hashed.items()} == {
        "a-b": "A.b-1.0.dist-info/RECORD", "d": "d-2.dist-info/RECORD"
    }  # fmt: skip
    assert hashed["d"][0]["hashes"][0]["alg"] == "SHA-256"
    assert parts["a-b"]["purl"] == "pkg:pypi/a-b@1.0"
    needs = {item["ref"]: item.get("dependsOn", []) for item in data["dependencies"]}
    assert needs["environment-0"] == ["0-d", "0-gone", "0-u"]
    assert needs["0-d"] == ["0-a-b", "0-c", "0-plain"]


def test_several_environments_are_components_of_one_bill() -> None:
    data = json.loads(cyclonedx([row("a"), row("a", machine=row().record.machine)], hashes_of=no_hashes))
    assert [part["bom-ref"] for part in data["components"]] == ["environment-0", "environment-1"]
    assert data["metadata"]["component"]["name"] == "environments"
    odd = replace(row().record, created="once")
    assert (
        json.loads(cyclonedx([Row(record=odd, source="")], hashes_of=no_hashes))["metadata"]["timestamp"][:4] == "1970"
    )
