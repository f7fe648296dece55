"""The record of one environment (pure): what was reused, what was installed, and the bytes that this saved.

Its form is fixed by ``sitediff.schema.json``, which ships with the package.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from ..text import redacted
from ..times import Seconds
from ..values import frozen
from .fields import LARGEST, Malformed, flag, mapping, mappings, number, size, text, texts
from .model import Layer, Role
from .summary import RECORD_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .findings import Findings, Misplaced, Undeclared, Unstated

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SCHEMA: Final = 1
_STRINGS: Final = {str}
FILE_NAME: Final = RECORD_NAME
_LATER: Final = ("unused", "used", "misplaced", "unstated")
"""Keys that the first records did not have."""


@frozen
class Reused:
    """A distribution of the base that serves the environment; ``verified`` is false where a hash was asked for."""

    name: str
    version: str
    location: str
    bytes: int | None
    why: tuple[str, ...]
    verified: bool = True
    files: int | None = None


@frozen
class Installed:
    """A distribution in the environment itself."""

    name: str
    version: str
    bytes: int | None
    why: tuple[str, ...]
    files: int | None = None


@frozen
class Shadowed:
    """A distribution of the base that a copy in the environment stands before."""

    name: str
    base_version: str
    version: str

    def as_json(self) -> Json:
        """Return it as JSON, keys in their fixed order."""
        return {"name": self.name, "base_version": self.base_version, "version": self.version}


@frozen
class Conflict:
    """A distribution of the base that needs another version of something that is shadowed."""

    name: str
    version: str
    requires: str
    found: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"base {self.name} {self.version} needs {self.requires}, now sees {self.found}"

    def as_json(self) -> Json:
        """Return it as JSON, keys in their fixed order."""
        return {"name": self.name, "version": self.version, "requires": self.requires, "found": self.found}


@frozen
class Bytes:
    """Apparent bytes; None where something could not be measured.

    Attributes:
        reused: Of the reused distributions.
        installed: Of the installed ones.
        environment: All that lies in the environment's directory.
        unshared: What deleting it would free.
    """

    reused: int | None
    installed: int | None
    environment: int | None
    unshared: int | None

    @property
    def full(self) -> int | None:
        """What an environment without the base would hold."""
        return None if self.reused is None or self.installed is None else self.reused + self.installed

    @property
    def saved(self) -> int | None:
        """What the base saves."""
        return self.reused


@frozen
class Files:
    """How many files there are, directories not counted; None where something could not be counted.

    Attributes:
        reused: Of the reused distributions.
        installed: Of the installed ones.
        environment: All that lie in the environment's directory.
    """

    reused: int | None = None
    installed: int | None = None
    environment: int | None = None

    @property
    def full(self) -> int | None:
        """How many an environment without the base would hold."""
        return None if self.reused is None or self.installed is None else self.reused + self.installed


@frozen
class DataFiles:
    """Data files of reused distributions that lie below the environment's prefix; a link has the bytes of its path."""

    files: int = 0
    bytes: int = 0


@frozen
class Python:
    """The base interpreter."""

    executable: str
    version: str
    implementation: str
    base_prefix: str


@frozen
class Machine:
    """What an environment runs on, as its interpreter says (PEP 508: ``platform_system``, ``platform_machine``)."""

    system: str = ""
    architecture: str = ""

    def __str__(self) -> str:
        """Name it, such as ``Linux x86_64``."""
        return f"{self.system} {self.architecture}".strip()


@frozen
class Record:
    """All that is known of one slim environment."""

    env: str
    created: str
    python: Python
    layers: tuple[Layer, ...]
    declared: tuple[str, ...]
    reused: tuple[Reused, ...]
    installed: tuple[Installed, ...]
    shadowed: tuple[Shadowed, ...]
    conflicts: tuple[Conflict, ...]
    bytes: Bytes
    seconds: Seconds
    undeclared: tuple[Undeclared, ...] = ()
    unused: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()
    unstated: tuple[Unstated, ...] = ()
    data: DataFiles = DataFiles()
    machine: Machine = Machine()
    files: Files = Files()

    def measured(self, environment: int | None, unshared: int | None, files: int | None) -> Record:
        """Return the same record with a new measurement of the environment's directory."""
        return replace(
            self,
            bytes=replace(self.bytes, environment=environment, unshared=unshared),
            files=replace(self.files, environment=files),
        )

    def found(self, findings: Findings) -> Record:
        """Return the same record with what was found of its imports."""
        return replace(
            self,
            undeclared=findings.undeclared,
            unused=findings.unused,
            used=findings.used,
            misplaced=findings.misplaced,
            unstated=findings.unstated,
        )

    def as_json(self) -> dict[str, Json]:
        """Return the object that the file holds, keys in the order of the contract."""
        return {
            "schema": SCHEMA,
            "env": self.env,
            "created": self.created,
            "python": python_json(self.python),
            "machine": {"system": self.machine.system, "architecture": self.machine.architecture},
            "layers": [{"path": layer.path, "role": str(layer.role)} for layer in self.layers],
            "declared": list(self.declared),
            "reused": [
                {
                    "name": item.name,
                    "version": item.version,
                    "location": item.location,
                    "bytes": item.bytes,
                    "files": item.files,
                    "why": list(item.why),
                    "verified": item.verified,
                }
                for item in self.reused
            ],
            "installed": [
                {
                    "name": item.name,
                    "version": item.version,
                    "bytes": item.bytes,
                    "files": item.files,
                    "why": list(item.why),
                }
                for item in self.installed
            ],
            "shadowed": [item.as_json() for item in self.shadowed],
            "conflicts": [item.as_json() for item in self.conflicts],
            "undeclared": [item.as_json() for item in self.undeclared],
            "unused": list(self.unused),
            "used": list(self.used),
            "misplaced": [item.as_json() for item in self.misplaced],
            "unstated": [item.as_json() for item in self.unstated],
            "data": {"files": self.data.files, "bytes": self.data.bytes},
            "bytes": {
                "reused": self.bytes.reused,
                "installed": self.bytes.installed,
                "environment": self.bytes.environment,
                "unshared": self.bytes.unshared,
                "full": self.bytes.full,
                "saved": self.bytes.saved,
            },
            "files": {
                "reused": self.files.reused,
                "installed": self.files.installed,
                "environment": self.files.environment,
                "full": self.files.full,
            },
            "seconds": {
                "probe": round(self.seconds.probe, 4),
                "plan": round(self.seconds.plan, 4),
                "install": round(self.seconds.install, 4),
                "audit": round(self.seconds.audit, 4),
                "total": round(self.seconds.total, 4),
            },
        }


def python_json(python: Python) -> dict[str, Json]:
    """Return a base interpreter as JSON, keys in their fixed order."""
    return {
        "executable": python.executable,
        "version": python.version,
        "implementation": python.implementation,
        "base_prefix": python.base_prefix,
    }


def total(values: Iterable[int | None]) -> int | None:
    """Add up bytes; the sum is unknown where a part of it is."""
    result = 0
    for value in values:
        if value is None:
            return None
        result += value
    return result


def known(values: Iterable[int | None]) -> int:
    """Add up the bytes that are known: a lower bound."""
    return sum(value for value in values if value is not None)


def from_json(data: object) -> Record:
    """Read a record back.

    Args:
        data: What `Record.as_json` made, after a round trip through JSON.

    Returns:
        The record.

    Raises:
        Malformed: When it is something else, or of another schema; the message names the key.
    """
    top = mapping(data, "record")
    if (schema := top.get("schema")) != SCHEMA or isinstance(schema, bool):
        raise Malformed(f"schema {schema!r}, expected {SCHEMA}")
    python = mapping(top.get("python"), "python")
    sizes = mapping(top.get("bytes"), "bytes")
    seconds = mapping(top.get("seconds"), "seconds")
    record = Record(
        env=text(top, "env"),
        created=text(top, "created"),
        python=Python(
            executable=text(python, "executable"),
            version=text(python, "version"),
            implementation=text(python, "implementation"),
            base_prefix=text(python, "base_prefix"),
        ),
        layers=tuple(Layer(path=text(item, "path"), role=_role(item)) for item in mappings(top, "layers")),
        declared=tuple(map(redacted, texts(top, "declared"))),
        machine=_machine(top),
        reused=tuple(map(_reused, mappings(top, "reused"))),
        installed=tuple(map(_installed, mappings(top, "installed"))),
        shadowed=tuple(
            Shadowed(name=text(item, "name"), base_version=text(item, "base_version"), version=text(item, "version"))
            for item in mappings(top, "shadowed")
        ),
        conflicts=tuple(
            Conflict(
                name=text(item, "name"),
                version=text(item, "version"),
                requires=text(item, "requires"),
                found=text(item, "found"),
            )
            for item in mappings(top, "conflicts")
        ),
        data=_data(top),
        bytes=Bytes(
            reused=size(sizes, "reused"),
            installed=size(sizes, "installed"),
            environment=size(sizes, "environment"),
            unshared=size(sizes, "unshared"),
        ),
        files=_files(top),
        seconds=Seconds(
            probe=number(seconds, "probe"),
            plan=number(seconds, "plan"),
            install=number(seconds, "install"),
            audit=number(seconds, "audit"),
            total=number(seconds, "total"),
        ),
    )
    found: dict[str, object] = {**{key: [] for key in _LATER}, **top}
    if all(found.get(key) == [] for key in ("undeclared", *_LATER)):
        return record
    from . import findings  # most records have none

    return record.found(findings.from_json(found))


def _role(item: Mapping[str, object]) -> Role:
    if (value := text(item, "role")) not in set(Role):
        raise Malformed(f"role {value!r} is not one of {', '.join(Role)}")
    return Role(value)


def _reused(item: Mapping[str, object]) -> Reused:
    # a report reads tens of thousands: first all at once, and only what is not as expected key by key, for its name
    name, version, location = item.get("name"), item.get("version"), item.get("location")
    held, files, why, verified = item.get("bytes", ""), item.get("files"), item.get("why"), item.get("verified")
    if (
        type(name) is type(version) is type(location) is str
        and (held is None or (type(held) is int and 0 <= held <= LARGEST))
        and (files is None or (type(files) is int and 0 <= files <= LARGEST))
        and type(why) is list
        and (chain := tuple(why))
        and set(map(type, chain)) == _STRINGS
        and type(verified) is bool
    ):
        return Reused(
            name=name, version=version, location=location, bytes=held, why=chain, verified=verified, files=files
        )
    return Reused(
        name=text(item, "name"),
        version=text(item, "version"),
        location=text(item, "location"),
        bytes=size(item, "bytes"),
        files=size(item, "files") if "files" in item else None,
        why=texts(item, "why"),
        verified=flag(item, "verified"),
    )


def _installed(item: Mapping[str, object]) -> Installed:
    return Installed(
        name=text(item, "name"),
        version=text(item, "version"),
        bytes=size(item, "bytes"),
        files=size(item, "files") if "files" in item else None,
        why=texts(item, "why"),
    )


# what the first records did not have may be missing


def _machine(top: Mapping[str, object]) -> Machine:
    if "machine" not in top:
        return Machine()
    found = mapping(top["machine"], "machine")
    return Machine(system=text(found, "system"), architecture=text(found, "architecture"))


def _files(top: Mapping[str, object]) -> Files:
    if "files" not in top:
        return Files()
    found = mapping(top["files"], "files")
    return Files(
        reused=size(found, "reused"),
        installed=size(found, "installed"),
        environment=size(found, "environment"),
    )


def _data(top: Mapping[str, object]) -> DataFiles:
    if "data" not in top:
        return DataFiles()
    found = mapping(top.get("data"), "data")
    files, held = size(found, "files"), size(found, "bytes")
    if files is None or held is None:
        raise Malformed("data: null, expected numbers")
    return DataFiles(files=files, bytes=held)
