"""Give damaged files to everything that reads files, and see that nothing but a value or a message comes of it.

    python tests/faults/fuzz_readers.py --runs 500000 --seed 7
    python tests/faults/fuzz_readers.py --only lock --runs 50000

Each run takes one reader, damages a file that it would take (flipped bytes, truncation, hostile fragments, values of
other kinds in JSON and TOML, parts of other files), and has it read. Only what a reader documents may be raised, what
is shown must be printable, nothing may take long, and what is written back must be read as the same. With ``--atheris``
(which has to be installed) the damage is led by what code it reaches.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomli_w

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    if "--atheris" in sys.argv:  # it takes what is imported from now on
        import_module("atheris").instrument_imports(include=["tox_sitediff", "packaging"]).__enter__()

from faults.fuzz import FRAGMENTS, Wrong, change, shown
from support.strategies import MARKERS, RECORD_FILE
from tox_sitediff.core import project
from tox_sitediff.core.inventory import Inventory
from tox_sitediff.core.model import Entry, Interpreter, Layer, Role
from tox_sitediff.core.record import FILE_NAME, from_json
from tox_sitediff.core.render import note, table, undeclared
from tox_sitediff.core.requirements import key
from tox_sitediff.core.snapshot import Snapshot
from tox_sitediff.core.state import Wanted
from tox_sitediff.environment import pyvenv, scripts
from tox_sitediff.environment.state_file import STATE_NAME, load_state, save_state
from tox_sitediff.errors import SitediffError
from tox_sitediff.files import put_json, read_json, read_toml
from tox_sitediff.interpreter import contents, layers, metadata
from tox_sitediff.interpreter.sizes import distribution_bytes
from tox_sitediff.lock import pylock
from tox_sitediff.report.rows import Row
from tox_sitediff.report.texts import markdown
from tox_sitediff.report.texts import table as report
from tox_sitediff.uv.arguments import parse_arguments
from tox_sitediff.uv.lock_file import without
from tox_sitediff.uv.requirements_file import constraints_in, names_in
from tox_sitediff.uv.settings import pip, uv_files
from tox_sitediff.uv.shadow import Shadow
from tox_sitediff.visibility import farm, findings, noting, rules, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from tox_sitediff.core.findings import Findings
    from tox_sitediff.core.model import Distribution

_SECONDS: Final = 20
_ODD: Final[tuple[object, ...]] = (
    None, True, False, 0, -1, 1e308, float("nan"), 1 << 70, "", "\x1b[2J", "\ud800", "\0", "a" * 3000, "9" * 5000,
    [], {}, [[]], {"": None}, "../../x", "/dev/zero", "-r x", "a @ file:///x", "a; extra == 'x'", "1.0", "*",
    "\u202e|`<img>@x",
)  # fmt: skip
"""Values of other kinds than those that are expected."""
_TOML: Final = (
    b"x = " + b"[" * 3000, b"[" + b"a." * 3000 + b"a]\n", b"x = 1979-05-27T07:32:00Z\n", b"[[project]]\n",
    b"nan = nan\n", b'"" = 1\n', b"name = 5\n", b"packages = 1\n", b"[tool]\nuv = 3\n", b"dependencies = [1]\n",
    b"index = [[1]]\n", b'[tool.uv.workspace]\nmembers = ["[", "**", 5]\n', b'"\\u001b" = "\\u001b"\n',
    b"x = 0x" + b"f" * 5000 + b"\n",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Something that reads a file.

    Attributes:
        file: The name of the file, in a directory that holds nothing else.
        seeds: Files that it takes.
        read: Reads it and looks at what comes of it; gets the directory.
        raises: What it may raise beside errors of ours with a message.
    """

    file: str
    seeds: Sequence[bytes]
    read: Callable[[Path], None]
    raises: tuple[type[Exception], ...] = ()


# --- the readers


def _record(directory: Path) -> None:
    found = from_json(read_json(directory / FILE_NAME))
    rows = [Row(record=found, source=found.env)] * 2
    for text in (note(found, offered=1), table([found, found]), undeclared([found]), markdown(rows), report(rows)):
        shown(text)
    if any(line.count("|") != 7 for line in markdown(rows).split("\n\n")[0].split("\n")):
        raise Wrong("the cells of the Markdown table are not those of the record")
    put_json(directory / FILE_NAME, found.as_json())
    if from_json(read_json(directory / FILE_NAME)).as_json() != found.as_json():
        raise Wrong("the record does not survive being written")


def _state(directory: Path) -> None:
    if (found := load_state(directory)) is not None:
        save_state(directory, found)
        if load_state(directory) != found:
            raise Wrong("the state does not survive being written")


def _lock(directory: Path) -> None:
    data = read_toml(directory / "pylock.toml")
    tomli_w.dumps(without(data, frozenset({key("attrs")}), directory))
    lock = pylock.read(data, origin="pylock.toml")
    chosen = pylock.select(lock, markers=MARKERS, extras=("x",), groups=("dev",), directory=directory, origin="p")
    tomli_w.dumps(pylock.reduced(chosen))


def _project(directory: Path) -> None:
    found = project.read(read_toml(directory / "pyproject.toml"), origin="pyproject.toml")
    for selection in (project.Selection(), project.Selection(all_extras=True, all_groups=True)):
        with suppress(SitediffError):
            found.selected(selection)
    parse_arguments(["-r", "pyproject.toml", "--group", "dev", "--extra", "x"], directory=directory, environment={})
    _uv_settings(directory)


def _uv_settings(directory: Path) -> None:
    environment = {"HOME": str(directory), "XDG_CONFIG_DIRS": "/nowhere"}
    uv_files.read_uv_config(environment, project=directory)
    uv_files.uv_config_may_decide(environment, project=directory)
    uv_files.takes_lowest(environment, project=directory)
    uv_files.resolved_otherwise(environment, project=directory)
    for constraint in uv_files.constraints(environment, project=directory):
        str(constraint)


def _requirements(directory: Path) -> None:
    file = directory / "requirements.txt"
    if re.search(rb"://|^\s*(?:-r|-c|--req|--con)", file.read_bytes(), re.MULTILINE):
        return  # it would be fetched
    parse_arguments(["-r", "requirements.txt"], directory=directory, environment={"A": "b"})
    parse_arguments(["-c", "requirements.txt", "x"], directory=directory, environment={})
    names_in(file, {})
    constraints_in(file, {}, origin="here")


def _pip(directory: Path) -> None:
    environment = {"HOME": str(directory), "PIP_CONFIG_FILE": str(directory / "pip.conf"), "UV_NO_CONFIG": "1"}
    found = pip.uv_settings_from_pip(environment, prefix=directory, project=directory)
    for line in found.warnings:
        shown(str(SitediffError(line)))


def _distribution(directory: Path) -> None:
    """All that is read of one distribution of the base."""
    layer = Layer(path=str(directory.parent), role=Role.BASE)
    found = metadata.read(Entry(name=key("demo"), path=str(directory), layer=layer))
    if hasattr(found, "reason"):
        shown(str(SitediffError(found.reason)))
        return
    distribution_bytes(found)
    contents.is_torn(found)
    contents.listed_files(found)
    _scripts(found, directory.parent)
    with Shadow() as shadow:
        shadow.show([found], whole=True)


def _scripts(found: Distribution, site: Path) -> None:
    place = site / "bin-of-environment"
    place.mkdir()
    provided = scripts.provide([found], directory=place, python=Path(sys.executable))
    for line in provided.warnings:
        shown(line)
    if {path.name for path in place.iterdir()} != {*provided.files}:
        raise Wrong("other scripts were made than those that are told")
    if {"pyvenv.cfg", "python"} & {*provided.files}:
        raise Wrong("a script took the place of what makes an environment")


def _record_of_files(directory: Path) -> None:
    text = (directory / "RECORD").read_bytes()
    list(contents.names_outside(text))
    found = contents.read_record(str(directory))
    if found is not None:
        list(found)
        found.measured()
    _distribution(directory)


def _notes(directory: Path) -> None:
    """What processes noted, and what they were told is declared."""
    (directory / noting.LOG_NAME).mkdir()
    (directory / "notes.txt").rename(directory / noting.LOG_NAME / "1.txt")
    body = b"notes\t/base\n\nof\t/base\nhas\talpha 1.0\talpha\tbeta\n"
    (directory / noting.DATA_NAME).write_bytes(b"sitediff-visibility 3 report %d\n" % rules.checksum(body) + body)
    json.dumps(_found(directory).as_json())


def _found(directory: Path) -> Findings:
    layers = Layer(path=str(directory), role=Role.OWN), Layer(path="/base", role=Role.BASE)
    interpreter = Interpreter(
        executable="/base/python",
        version="3.12.1",
        implementation="cpython",
        prefix=str(directory),
        base_prefix="/base",
        base_executable="/base/python",
        layers=layers,
        markers=MARKERS,
        purelib=str(directory),
        scripts=str(directory),
    )
    inventory = Inventory([], metadata.read)
    seen = Snapshot(interpreter=interpreter, inventory=inventory, exclude=frozenset())
    return findings.collect(directory, seen, declared=[Wanted(text="alpha", audit="alpha")])


def _declared(directory: Path) -> None:
    (directory / noting.LOG_NAME).mkdir()
    (directory / noting.LOG_NAME / "1.txt").write_bytes(_NOTES)
    content = (directory / noting.DATA_NAME).read_bytes()
    _, _, body = content.partition(b"\n")
    # what is damaged is noticed by its sum; so that it counts, it has the right one
    (directory / noting.DATA_NAME).write_bytes(b"sitediff-visibility 3 report %d\n" % rules.checksum(body) + body)
    _found(directory)


def _view(directory: Path) -> None:
    text = (directory / "manifest.json").read_bytes().decode("ascii", "replace").encode("ascii", "replace").decode()
    view = directory / farm.digest(text)
    view.mkdir()
    (view / "manifest.json").write_text(text)
    if (found := views.load(view)) is not None:
        for content in views.path_files(view, found).values():
            content.decode("ascii")
        found.directories()
        found.manifest({})


def _environment(directory: Path) -> None:
    pyvenv.damage(directory)
    pyvenv.inherits(directory)
    pyvenv.has_view(directory)
    if pyvenv.damage(directory) is None:
        pyvenv.let_view(directory)
        if not pyvenv.has_view(directory):
            raise Wrong("it has no view now")
        pyvenv.let_inherit(directory)
        if pyvenv.has_view(directory) or not pyvenv.inherits(directory):
            raise Wrong("it does not inherit now")


def _layers(directory: Path) -> None:
    layers.stacked(directory)


_NOTES: Final = (
    b"import\talpha\t/base\t/code/test.py\t3\t\t\t1\t1\nimport\talpha.beta\t/base\t\t0\tpytest11: beta\t1\t\t\n"
    b"file\t/code/a.py\nrun\ta\t/base\n"
)
_LOCK: Final = b"""\
lock-version = "1.0"
requires-python = ">=3.8"
environments = ["sys_platform == 'linux'"]
extras = ["x"]
dependency-groups = ["dev"]
default-groups = ["dev"]
created-by = "hand"
[[packages]]
name = "attrs"
version = "25.1.0"
marker = "'x' in extras or 'dev' in dependency_groups"
wheels = [{url = "https://h.example/attrs-25.1.0-py3-none-any.whl", hashes = {sha256 = "00"}}]
[[packages]]
name = "local"
directory = {path = "sub", editable = true}
[[packages]]
name = "git"
vcs = {type = "git", url = "https://h.example/git", commit-id = "00"}
[[packages]]
name = "tar"
archive = {path = "x.tar.gz", hashes = {sha256 = "00"}}
"""
_PROJECT: Final = b"""\
[project]
name = "demo"
version = "1"
dependencies = ["attrs>=1; python_version > '3'", "demo[x]"]
[project.optional-dependencies]
x = ["six"]
[dependency-groups]
dev = ["pytest", {include-group = "more"}]
more = ["tox"]
[tool.uv]
default-groups = ["dev"]
dev-dependencies = ["ruff"]
constraint-dependencies = ["six<2"]
override-dependencies = ["six==1"]
resolution = "highest"
[tool.uv.pip]
resolution = "lowest"
[tool.uv.workspace]
members = ["a/*"]
exclude = ["b"]
[[tool.uv.index]]
name = "x"
url = "https://h.example"
explicit = true
"""
_METADATA: Final = b"""\
Metadata-Version: 2.1
Name: demo
Version: 1.0
Requires-Dist: six>=1; extra == "x"
Requires-Dist: attrs
Provides-Extra: x
License: a
 b

Text.
"""
READERS: Final[Mapping[str, Reader]] = {
    "record": Reader(
        file=FILE_NAME, seeds=[RECORD_FILE.read_bytes()], read=_record, raises=(ValueError,)
    ),
    "state": Reader(
        file=STATE_NAME,
        seeds=[
            json.dumps(
                {
                    "format": 1, "created": "2026-01-01", "installing": False, "scripts": ["a"], "visibility": "base",
                    "declared": [{"text": "a", "audit": "a", "deep": True, "hashed": False}], "declare": [],
                    "relied": {"a": {"path": "/a", "version": "1", "digest": "0"}},
                }
            ).encode()
        ],
        read=_state,
    ),
    "lock": Reader(file="pylock.toml", seeds=[_LOCK], read=_lock, raises=(ValueError,)),
    "pyproject": Reader(file="pyproject.toml", seeds=[_PROJECT], read=_project, raises=(ValueError,)),
    "uv.toml": Reader(
        file="uv.toml",
        seeds=[_PROJECT[_PROJECT.index(b"default-groups") :].replace(b"tool.uv.", b""), b"index-url = 'https://h'\n"],
        read=_uv_settings,
    ),
    "requirements": Reader(
        file="requirements.txt",
        seeds=[
            b"six>=1 --hash=sha256:00 # x\nattrs[x]==1; python_version>'3' \\\n\n-e .\n--no-index\n./x.whl\n",
            b"--require-hashes\nsix===1\n${A}\ndemo @ file:///x.whl\n--pre\n",
        ],
        read=_requirements,
    ),
    "pip.conf": Reader(
        file="pip.conf",
        seeds=[
            b"[global]\nindex-url = https://u:p@h/simple\ntimeout = 5\nconstraint = a\n b\n",
            b"[install]\nno-index = yes\nfind-links = /a\n  https://h\n",
        ],
        read=_pip,
    ),
    "METADATA": Reader(file="METADATA", seeds=[_METADATA], read=_distribution),
    "RECORD": Reader(
        file="RECORD",
        seeds=[b'demo.py,sha256=x,5\n../../../bin/demo,,\n"a ""b""",,1\n/abs,,\n', b"a\r\nb,,\r\n\\x\\y,,7\r\n"],
        read=_record_of_files,
    ),
    "entry_points": Reader(
        file="entry_points.txt",
        seeds=[
            b"[console_scripts]\ndemo = demo:main [x]\n# no\n[gui_scripts]\nshow = demo.gui:run.x\n",
            b"[pytest11]\na = b\n[console_scripts]\npyvenv.cfg = demo:main\n",
        ],
        read=_distribution,
    ),
    "direct_url": Reader(
        file="direct_url.json",
        seeds=[
            b'{"url": "https://h/demo-1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "00"}}}',
            b'{"url": "https://h/g", "vcs_info": {"vcs": "git", "commit_id": "00", "requested_revision": "x"}}',
            b'{"url": "https://h/g", "vcs_info": {"vcs": "hg", "commit_id": "00"}, "subdirectory": "s"}',
            b'{"url": "file:///d", "dir_info": {"editable": true}}',
        ],
        read=_distribution,
    ),
    "requires": Reader(
        file="requires.txt", seeds=[b"six\n[x]\nattrs>=1\n[y:os_name=='nt']\nz @ h://x\n"], read=_distribution
    ),
    "notes": Reader(file="notes.txt", seeds=[_NOTES], read=_notes),
    "declared": Reader(
        file=noting.DATA_NAME,
        seeds=[b"sitediff-visibility 3 report 0\nnotes\t/base\n\nof\t/base\nhas\talpha 1.0\talpha\n"],
        read=_declared,
    ),
    "view": Reader(
        file="manifest.json",
        seeds=[
            farm.Farm(links={"a/": "/base/a", "n/b.py": "/b"}, texts={"x.pth": "y"}, paths=("/p",), names=("a",))
            .manifest({"implementation": "cpython"})
            .encode()
        ],
        read=_view,
    ),
    "pyvenv.cfg": Reader(
        file="pyvenv.cfg",
        seeds=[
            b"home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.12\n",
            b"home=/x\r\nsitediff-view=true\r\n",
        ],
        read=_environment,
    ),
    "layers": Reader(
        file=layers.PTH_NAME,
        seeds=[b"import os, site; site.addsitedir(os.fsdecode(b'/layer'))\n"],
        read=_layers,
    ),
}  # fmt: skip
"""By name."""


# --- the damage


def damaged(reader: Reader, chance: random.Random) -> bytes:
    """Take a file that a reader takes, and damage it."""
    content = bytearray(chance.choice(reader.seeds))
    if reader.file.endswith(".json") and chance.random() < 0.5:
        with suppress(ValueError):
            data = json.loads(content)
            for _ in range(chance.choice([1, 1, 2])):
                data = _otherwise(data, chance)
            content = bytearray(json.dumps(data).encode("utf-8", "replace"))
    for _ in range(chance.choice([0, 1, 1, 2, 5]) if reader.file.endswith(".json") else chance.choice([1, 1, 2, 5])):
        if reader.file.endswith(".toml") and chance.random() < 0.3:
            at = content.rfind(b"\n", 0, chance.randint(0, len(content))) + 1
            content[at:at] = chance.choice(_TOML)
        elif chance.random() < 0.1:
            at = chance.randint(0, len(content))
            content[at:at] = chance.choice(chance.choice([*READERS.values()]).seeds)
        else:
            change(content, chance)
    return bytes(content[:200_000])


def _otherwise(data: object, chance: random.Random) -> object:
    """Put a value of another kind somewhere into a value of JSON, or leave one out."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        name = chance.choice([*data])
        if chance.random() < 0.15:
            return {other: value for other, value in data.items() if other != name}
        return {**data, name: _otherwise(data[name], chance)}
    if isinstance(data, list) and data and chance.random() < 0.85:
        at = chance.randrange(len(data))
        return [*data[:at], _otherwise(data[at], chance), *data[at + 1 :]]
    return chance.choice(_ODD)


# --- runs


def give(reader: Reader, content: bytes, root: Path) -> bool:
    """Have a file read.

    Returns:
        Whether it was taken, rather than refused with a message.

    Raises:
        Exception: Whatever the reader does not document.
    """
    directory = root / "lib" / "python3.12" / "site-packages" / "demo-1.0.dist-info"
    directory.mkdir(parents=True)
    if reader.read in (_distribution, _record_of_files) and reader.file != "METADATA":
        (directory / "METADATA").write_bytes(_METADATA if reader.file != "requires.txt" else b"Version: 1.0\n\n")
    (directory / reader.file).write_bytes(content)
    try:
        reader.read(directory)
    except SitediffError as error:
        shown(str(error))
        return False
    except reader.raises as error:
        shown(str(SitediffError(str(error))))
        return False
    return True


def campaign(
    runs: int, seed: int, *, only: str | None = None, seconds: float = float("inf")
) -> Iterator[tuple[str, bool, str | None]]:
    """Make so many runs, or as many as the time allows; the first one of each reader with a file that is not damaged.

    Yields:
        The reader, whether it took the file, and what is wrong.
    """
    end = time.monotonic() + seconds
    names = [*READERS] if only is None else [only]
    root = Path(tempfile.mkdtemp(prefix="sitediff-fuzz-"))
    before = signal.signal(signal.SIGALRM, _hang)
    try:
        for number in range(runs):
            if time.monotonic() > end:
                return
            chance = random.Random(f"{seed} {number}")
            name = names[number % len(names)]
            content = damaged(READERS[name], chance) if number >= len(names) else READERS[name].seeds[0]
            signal.alarm(_SECONDS)
            try:
                taken = give(READERS[name], content, root / "run")
            except Exception:  # noqa: BLE001  # whatever it is, it is a failure
                yield name, False, f"number {number}, {name}: {content[:2000]!r}\n{traceback.format_exc()[-3000:]}"
            else:
                yield name, taken, None
            finally:
                signal.alarm(0)
                shutil.rmtree(root / "run")
    finally:
        signal.signal(signal.SIGALRM, before)
        shutil.rmtree(root, ignore_errors=True)


def _hang(number: int, frame: FrameType | None) -> None:
    raise Wrong(f"no end after {_SECONDS} seconds")


def _led(name: str, runs: int, seed: int) -> None:
    """Hand one reader over to atheris, which does not come back."""
    atheris = import_module("atheris")
    reader = READERS[name]
    root = Path(tempfile.mkdtemp(prefix="sitediff-fuzz-"))
    corpus = root / "corpus"
    corpus.mkdir()
    for at, content in enumerate((*reader.seeds, *FRAGMENTS, *(_TOML if reader.file.endswith(".toml") else ()))):
        (corpus / str(at)).write_bytes(content)

    def once(content: bytes) -> None:
        try:
            give(reader, content, root / "run")
        finally:
            shutil.rmtree(root / "run")

    atheris.Setup([sys.argv[0], f"-runs={runs}", f"-seed={seed}", f"-timeout={_SECONDS}", str(corpus)], once)
    atheris.Fuzz()


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000, help="how many files to damage (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 10**6), help="to have the same again")
    parser.add_argument("--only", choices=sorted(READERS), help="one reader")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--atheris", action="store_true", help="let coverage lead the damage; needs --only")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if options.atheris:
        _led(options.only or parser.error("--atheris needs --only"), options.runs, options.seed)
    failures = 0
    done: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for name, taken, problem in campaign(options.runs, options.seed, only=options.only, seconds=options.seconds):
        done[name] += 1
        accepted[name] += taken
        if problem is not None:
            failures += 1
            print(problem, flush=True)
    for name, count in done.items():
        print(f"{name}: {count} files, of which {accepted[name]} were taken")
    print(f"{done.total()} runs, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
