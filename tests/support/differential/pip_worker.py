"""Runs in the environment's interpreter, with ``-I``: answers what pip would do, question after question.

Starting pip takes longer than all that it does here. So its own ``install`` command is called in one process, with
``sys.path`` made anew for each question by the interpreter's own ``site``. A test compares the answers with those of
``python -m pip`` in a process of its own.

argv: a directory that pip can be imported from.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import json
import os
import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from importlib.metadata import Distribution
    from typing import Protocol

    class Distributions(Protocol):
        """The part of importlib.metadata.distributions that pip uses."""

        def __call__(self, *, path: list[str]) -> Iterator[Distribution]:
            """Find what lies in some directories."""
            ...


OWN = site.getsitepackages([sys.prefix])
STANDARD = [path for path in sys.path[1:] if path not in site.getsitepackages()]
every_distribution = importlib.metadata.distributions

site.ENABLE_USER_SITE = True  # which -I forbids
sys.path.insert(0, sys.argv[1])
install = importlib.import_module("pip._internal.commands.install")
environments = importlib.import_module("pip._internal.metadata.importlib._envs")
session = importlib.import_module("pip._internal.network.session").PipSession(cache=None, retries=0, index_urls=None)
Requirement = importlib.import_module("pip._vendor.packaging.requirements").Requirement
canonical = importlib.import_module("pip._vendor.packaging.utils").canonicalize_name


def see(injected: Sequence[str]) -> None:
    """Make sys.path what the environment's interpreter has when it starts."""
    sys.path[:] = [*injected, *STANDARD]
    known = site.removeduppaths()
    site.addsitepackages(known, [sys.prefix])
    site.addusersitepackages(known)
    site.addsitepackages(known, [sys.base_prefix])


def name_of(found: Distribution) -> str:
    """Return the name that a distribution is looked up by."""
    return str(canonical(place_of(found).stem.partition("-")[0]))


def place_of(found: Distribution) -> Path:
    """Return where a distribution's metadata lie."""
    path = found._path  # type: ignore[attr-defined]  # which pip reads as well
    assert isinstance(path, Path)
    return path


def version_of(found: Distribution) -> str | None:
    """Return the version in a distribution's metadata."""
    return next(iter(found.metadata.get_all("Version") or ()), None)


def visible(hidden: Collection[str]) -> Distributions:
    """Make importlib.metadata.distributions without names of which only the environment's own copies count."""

    def distributions(*, path: list[str]) -> Iterator[Distribution]:
        for found in every_distribution(path=path):
            if path[0] in OWN or name_of(found) not in hidden:
                yield found

    return distributions


def there(hidden: Collection[str]) -> dict[str, Distribution]:
    """Return the first copy of each name that importlib.metadata sees."""
    found: dict[str, Distribution] = {}
    for path in sys.path:
        for item in visible(hidden)(path=[path]):
            found.setdefault(name_of(item), item)
    return found


def ask(arguments: Sequence[str], report: Path) -> dict[str, object]:
    """Run pip's install command, and return what it would install, or what it says."""
    command = install.InstallCommand("install", "", isolated=True)
    command._session = session  # making one takes longer than all the rest
    environments._warned_bad_metadata.clear()
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            status = command.main(["--dry-run", "--quiet", "--report", os.fspath(report), *arguments])
        except SystemExit as error:
            status = error.code
    if status:
        return {"failed": said.getvalue().strip() or f"exit status {status}"}
    listed = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {"install": {canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in listed}}


def unmet(declared: Iterable[str], hidden: Collection[str]) -> list[str]:
    """Walk what is declared over what importlib.metadata sees, as naively as can be, and tell what is not met."""
    copies = there(hidden)
    queue = [("", text) for text in declared]
    done: set[tuple[str, str]] = set()
    problems = []
    while queue:
        by, text = queue.pop()
        requirement = Requirement(text)
        if not by and requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonical(requirement.name)
        found = copies.get(name)
        version = version_of(found) if found else None
        if not (found and version) or not requirement.specifier.contains(version, prereleases=True):
            problems.append(f"{by or 'somebody'} wants {text}: found {version}")
            continue
        for extra in {"", *map(canonical, requirement.extras)}:
            if (name, extra) in done:
                continue
            done.add((name, extra))
            for line in found.requires or ():
                needed = Requirement(line)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    needed.marker = None
                    queue.append((f"{name} {version}", str(needed)))
    return problems


def answer(question: dict[str, str], lists: dict[str, list[str]]) -> dict[str, object]:
    """Answer one question."""
    hidden = {canonical(name) for name in lists["hidden"]}
    see(lists["injected"])
    if question["kind"] == "seen":
        found = {name: [version_of(item), str(place_of(item).parent)] for name, item in there(hidden).items()}
        return {"seen": found}
    if question["kind"] == "unmet":
        return {"unmet": unmet(lists["declared"], hidden)}
    if question["kind"] == "alone":
        sys.path[:] = STANDARD
    if hidden:
        importlib.metadata.distributions = visible(hidden)  # type: ignore[assignment]
    try:
        return ask(lists["arguments"], Path(question["report"]))
    finally:
        importlib.metadata.distributions = every_distribution


def main() -> None:
    """Read questions, a line each, and write answers."""
    # what pip prints anywhere but where it is told to goes nowhere
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        question, lists = json.loads(line)
        os.chdir(question["directory"])
        print(json.dumps(answer(question, lists)), file=answers, flush=True)


main()
