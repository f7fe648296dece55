"""A report as a bill of materials: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), by its own library.

The library is an extra: it is loaded only here.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from .. import __version__
from ..core.model import Role
from ..text import LONGEST, printable
from .findings import findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ..core.record import Installed, Record, Reused
    from .rows import Row

_FROM: Final = {
    Role.OWN: "environment",
    Role.INJECTED: "before the environment",
    Role.EXTRA: "layer",
    Role.USER: "user site",
    Role.BASE: "base",
}


def cyclonedx(rows: Sequence[Row], *, hashes_of: Callable[[Record], Mapping[str, tuple[str, str]]]) -> str:
    """Write what the environments of a report hold, with what they take from their bases, as a bill of materials.

    Args:
        rows: The rows.
        hashes_of: Finds a file of hashes for distributions of an environment; see `hashes.record_hashes`.

    Returns:
        JSON without a final newline, the same for the same records. Each component says where it comes from, in
        properties that begin with ``sitediff:``.
    """
    bom = Bom()
    tops: list[Component] = []
    noted: dict[tuple[int, str], list[Property]] = {}
    for item in findings(rows):
        for at in item.rows:
            note = _property(f"finding:{item.kind}", item.detail)
            noted.setdefault((at, item.name), []).append(note)
    for at, row in enumerate(rows):
        top = Component(
            name=printable(row.environment) or "environment",
            type=ComponentType.APPLICATION,
            bom_ref=f"environment-{at}",
            properties=_about(row),
        )
        tops.append(top)
        parts = _parts(row.record, at, noted, hashes_of(row.record))
        for part in parts.values():
            bom.components.add(part)
        _connect(bom, top, parts, row.record)
    if len(tops) == 1:
        bom.metadata.component = tops[0]
    else:
        root = Component(name="environments", type=ComponentType.APPLICATION, bom_ref="environments")
        bom.metadata.component = root
        for top in tops:
            bom.components.add(top)
        bom.register_dependency(root, tops)
    bom.metadata.tools.components.add(
        Component(name="tox-sitediff", version=__version__, type=ComponentType.APPLICATION, bom_ref="tox-sitediff")
    )
    bom.metadata.timestamp = _newest(rows)
    told = "\n".join(f"{row.record.as_json()}" for row in rows)
    bom.serial_number = uuid5(NAMESPACE_URL, told.encode("utf-8", "backslashreplace").decode())
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)


def _newest(rows: Sequence[Row]) -> datetime:
    try:
        return datetime.fromisoformat(max(row.record.created for row in rows))
    except ValueError:  # nobody checks it when a record is read
        return datetime.fromisoformat("1970-01-01T00:00:00Z")


def _about(row: Row) -> list[Property]:
    told = {"base": row.base, "python": row.python, "machine": row.machine, "record": row.source}
    return [_property(name, text) for name, text in told.items()]


def _property(name: str, text: str) -> Property:
    return Property(name=f"sitediff:{name}", value=printable(text, LONGEST))


def _parts(
    record: Record,
    at: int,
    noted: Mapping[tuple[int, str], Iterable[Property]],
    hashes: Mapping[str, tuple[str, str]],
) -> dict[str, Component]:
    roles = {layer.path: layer.role for layer in record.layers}
    own = next((layer.path for layer in record.layers if layer.role is Role.OWN), "")
    hidden = {item.name: item.base_version for item in record.shadowed}
    parts: dict[str, Component] = {}

    def component(item: Reused | Installed, properties: dict[str, str]) -> None:
        if item.why:
            properties["why"] = " -> ".join(item.why)
        if item.bytes is not None:
            properties["bytes"] = str(item.bytes)
        parts[item.name] = _library(item.name, item.version, at, properties, noted, hashes.get(item.name))

    for reused in record.reused:
        properties = {"from": _FROM[roles.get(reused.location, Role.BASE)], "location": reused.location}
        component(reused, properties | ({} if reused.verified else {"verified": "false"}))
    for installed in record.installed:
        properties = {"from": _FROM[Role.OWN], "location": own}
        instead = {"instead-of": f"{hidden[installed.name]} of the base"} if installed.name in hidden else {}
        component(installed, properties | instead)
    for name in dict.fromkeys(item.name for item in record.undeclared):
        if name not in parts:  # of the base, and in nobody's closure: which version, the record does not say
            parts[name] = _library(name, None, at, {"from": _FROM[Role.BASE]}, noted, None)
    return parts


def _connect(bom: Bom, top: Component, parts: Mapping[str, Component], record: Record) -> None:
    """Say what depends on what; what nothing leads to, on the environment itself."""
    needs: dict[str, dict[str, None]] = {"": {}}
    held: list[Reused | Installed] = [*record.reused, *record.installed]
    for item in held:
        chain = [name for name in item.why if name in parts]
        for one, other in pairwise(["", *chain]):
            needs.setdefault(one, {})[other] = None
    reached = {name for found in needs.values() for name in found}
    needs[""] |= dict.fromkeys(name for name in parts if name not in reached)
    for name, found in needs.items():
        bom.register_dependency(parts[name] if name else top, [parts[other] for other in found])


def _library(
    name: str,
    version: str | None,
    at: int,
    properties: Mapping[str, str],
    noted: Mapping[tuple[int, str], Iterable[Property]],
    hashed: tuple[str, str] | None,
) -> Component:
    shown = printable(name) or "?"
    files = []
    if hashed is not None:
        path, digest = hashed
        files.append(
            Component(
                name=printable(path),
                type=ComponentType.FILE,
                bom_ref=f"{at}-{shown}-record",
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )
        )
    return Component(
        name=shown,
        version=None if version is None else printable(version),
        type=ComponentType.LIBRARY,
        bom_ref=f"{at}-{shown}",
        purl=PackageURL(type="pypi", name=shown, version=None if version is None else printable(version)),
        properties=[*(_property(key, text) for key, text in properties.items()), *noted.get((at, name), ())],
        components=files,
    )
