"""Records of a large matrix of CI, made up: as many environments and distributions as one asks for."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from support.strategies import RECORD
from tox_sitediff.core.findings import Kind, Undeclared
from tox_sitediff.core.model import Layer, Role
from tox_sitediff.core.record import Bytes, Conflict, Files, Installed, Machine, Record, Reused, Shadowed, known
from tox_sitediff.report.rows import Row

_BASES = (
    ("/opt/conda", "3.12.4", Machine(system="Linux", architecture="x86_64")),
    ("C:\\WinPython\\python-3.13.1", "3.13.1", Machine(system="Windows", architecture="AMD64")),
    ("/usr", "3.11.2", Machine(system="Linux", architecture="x86_64")),
    ("/opt/homebrew/Caskroom/miniforge/base", "3.12.7", Machine(system="Darwin", architecture="arm64")),
)
_NAMES = ("py311", "py312", "py313", "docs", "lint", "type", "oldest", "newest")
_TEAM = "/srv/layers/team/site-packages"


def matrix(environments: int, distributions: int) -> list[Row]:
    """Make the rows of a matrix, always the same.

    Args:
        environments: How many there are.
        distributions: How many each of them has.
    """
    chance = Random(7)
    names = [f"dist-{at:03d}" for at in range(distributions + distributions // 10)]
    held = {name: int(chance.lognormvariate(13, 2)) for name in names}
    parent = {name: names[chance.randrange(at)] if at > 5 else "" for at, name in enumerate(names)}
    return [_row(at, names, held, parent, distributions, chance) for at in range(environments)]


def _row(at: int, names: list[str], held: dict[str, int], parent: dict[str, str], count: int, chance: Random) -> Row:
    base, python, machine = _BASES[at % len(_BASES)]
    chosen = sorted({*names[:6], *chance.sample(names[6:], count - 6)})
    reused, installed = [], []
    for name in chosen:
        chain = [name]
        while parent[chain[0]] in chosen and len(chain) < 6:
            chain.insert(0, parent[chain[0]])
        size = held[name] + at % len(_BASES)
        version = f"{1 + len(name) % 5}.{int(name[-3:]) % 9}.{at % len(_BASES)}"
        if int(name[-3:]) % 13 == 2:
            installed.append(
                Installed(name=name, version=version, bytes=size, files=size // 20_000 + 3, why=tuple(chain))
            )
        else:
            place = _TEAM if int(name[-3:]) % 29 == 4 else f"{base}/site-packages"
            reused.append(
                Reused(
                    name=name, version=version, location=place, bytes=size, files=size // 20_000 + 3, why=tuple(chain)
                )
            )
    below, own = known(item.bytes for item in reused), known(item.bytes for item in installed)
    files = known(item.files for item in reused), known(item.files for item in installed)
    record: Record = replace(
        RECORD,
        env=_NAMES[at % len(_NAMES)],
        created=f"2026-11-{1 + at % 28:02d}T12:00:00Z",
        python=replace(RECORD.python, base_prefix=base, version=python),
        machine=machine,
        layers=(
            Layer(path=f"/code/.tox/{at}/site-packages", role=Role.OWN),
            Layer(path=_TEAM, role=Role.EXTRA),
            Layer(path=f"{base}/site-packages", role=Role.BASE),
        ),
        declared=tuple(f"{name}>=1" for name in chosen[:6]),
        reused=tuple(reused),
        installed=tuple(installed),
        shadowed=tuple(
            Shadowed(name=item.name, base_version="0.9", version=item.version) for item in installed[: at % 3]
        ),
        conflicts=(Conflict(name="numba", version="0.60", requires="dist-002<2", found="3"),) if at % 5 == 1 else (),
        undeclared=tuple(
            Undeclared(name=name, module=name, imported_by=f"tests/test_{name}.py:3", kind=kind, by_project=True)
            for name, kind in (("pyarrow", Kind.BASE), ("dist-009", Kind.TRANSITIVE))[: at % 3]
        ),
        unused=("dist-001",) if at % 2 else (),
        used=("dist-000",),
        misplaced=(),
        unstated=(),
        bytes=Bytes(reused=below, installed=own, environment=own + 208_000, unshared=own // 2),
        files=Files(reused=files[0], installed=files[1], environment=files[1] + 31),
    )
    return Row(record=record, source=f"artifacts/job-{at:03d}/sitediff.json", place=f"job-{at:03d}/sitediff.json")
