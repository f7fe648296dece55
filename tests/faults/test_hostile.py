"""A base that means harm: nothing outside the environment changes, nothing hangs, and what is said can be shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from faults import fuzz
from support.bench import DROP, IS_ROOT
from support.distributions import metadata, tree_hash, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.bench import Bench, Outcome

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX files")
HUGE: Final = 200_000_000
ODD_NAMES: Final = [
    b"x\x1b[2J-1.0.dist-info", b"osc\x1b]52;c;eA==\x07-1.0.dist-info", b"c1\xc2\x9b-1.0.dist-info", b"-1.0.dist-info",
    b"bidi\xe2\x80\xae-1.0.dist-info", b"caf\xe9-1.0.dist-info", b"a\nb-1.0.dist-info", b"n" * 240 + b".dist-info",
    b"..\\up-1.0.dist-info", b"disagrees-1.0.dist-info", b".dist-info", b"zed-1.0.egg-info",
]  # fmt: skip


@pytest.fixture
def ready(bench: Bench) -> Iterator[Bench]:
    """A base where all is well but for what the test breaks, and a directory beside it that nothing may touch."""
    canary = bench.root / "canary"
    write(canary / "deep" / "file", "untouched")
    before = tree_hash(canary)
    bench.base("other", "1.0")
    bench.wheel("alpha", "9.0")
    bench.configure(["alpha", "other"])
    # a constraint of the machine's would have uv started where the base has it all
    bench.variables["PIP_CONFIG_FILE"] = os.devnull
    yield bench
    assert tree_hash(canary) == before


def printable(bench: Bench, outcome: Outcome, *more: str) -> None:
    """Make sure that nothing that was printed or written down is more than text."""
    fuzz.shown(outcome.text)
    for text in (*more, (bench.env_dir / "sitediff.json").read_text(encoding="utf-8")):
        fuzz.shown(text)


def sparse(path: Path, head: bytes = b"") -> None:
    """Make a file of 200 MB that takes no room."""
    write(path, head)
    os.truncate(path, HUGE)


@posix
def test_a_base_full_of_hostile_things_that_nobody_needs_is_none_of_our_business(ready: Bench) -> None:
    """Devices, loops, bombs, escapes and ten thousand entries beside what is used change nothing and are not shown."""
    ready.base("alpha", "1.0")
    for number, name in enumerate(ODD_NAMES):
        folder = os.fsencode(ready.site) + b"/" + name
        if number % 4 == 3:
            os.mkfifo(folder)
            continue
        os.mkdir(folder)
        with open(folder + b"/METADATA", "wb") as hostile:
            hostile.write(metadata("other", "9" * (number * 1000 or 1), ["\x1b[2J", "alpha>9"]).encode())
    for link, target in {"zero": "/dev/zero", "stdin": "/dev/stdin", "loop": "loop-1.0.dist-info", "root": "/"}.items():
        (ready.site / f"{link}-1.0.dist-info").symlink_to(target)
    for number in range(10_000):
        (ready.site / f"empty{number}-1.0.dist-info").mkdir()
    gone = ready.root / "gone"
    file = write(ready.root / "file", "no directory")
    write(
        ready.site / "paths.pth",
        f"{file}\n{gone}\n/\nimport sys; print('noise \\x1b[2J'[:5]); sys.path.append('/dev/null')\n",
    )
    result = ready.root / "result.json"
    outcome = ready.tox("--result-json", str(result))
    assert outcome.code == 0
    assert not outcome.lines("not reused")
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}
    text = result.read_text(encoding="utf-8")
    printable(ready, outcome, text)
    assert json.loads(text)["testenvs"]["e"]["sitediff"] == ready.record()


def test_a_base_of_broken_metadata_does_not_fill_the_screen(ready: Bench) -> None:
    """Where uv fails, all of the base was read: what was asked for is named, of the rest a few, and their number."""
    for number in range(500):
        (ready.site / f"empty{number}-1.0.dist-info").mkdir()
    (ready.site / "zeta-1.0.dist-info").mkdir()
    ready.base("alpha", "1.0")
    ready.configure(["alpha", "other", "zeta"])
    outcome = ready.tox()
    assert outcome.code == 1
    assert len(outcome.lines("sitediff: not reused: ")) == 20
    assert outcome.lines("zeta-1.0.dist-info")
    assert outcome.lines("not reused either: 481 further distributions with broken metadata")


def deep_marker(bench: Bench) -> None:
    bomb = "(" * 5000 + "os_name == 'nt'" + ")" * 5000
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1.0", [f"other; {bomb}"]))


def digits(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "9" * 1_000_000))


def digits_of_a_requirement(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1.0", [f"other>={'9' * 1_000_000}"]))


def long_version(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1" + ".1" * 300))


def endless(bench: Bench) -> None:
    sparse(bench.base("alpha", "1.0") / "METADATA", b"Version: 1.0\nSummary: x")


def utf_16(bench: Bench) -> None:
    write(bench.base("alpha", "1.0") / "METADATA", metadata("alpha", "1.0").encode("utf-16"))


def device(bench: Bench) -> None:
    folder = bench.base("alpha", "1.0")
    (folder / "METADATA").unlink()
    (folder / "METADATA").symlink_to("/dev/zero")


def folder_forbidden(bench: Bench) -> None:
    bench.base("alpha", "1.0").chmod(0)


def metadata_forbidden(bench: Bench) -> None:
    (bench.base("alpha", "1.0") / "METADATA").chmod(0)


@posix
@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (deep_marker, "is not valid (PEP 508)"),
        (digits, "has a number that is too large for uv"),
        (digits_of_a_requirement, "is not valid (PEP 508)"),
        (long_version, "too long for the name of a directory"),
        (endless, "no readable METADATA"),
        (utf_16, "has no Version"),
        (device, "no readable METADATA"),
        (folder_forbidden, "no readable METADATA"),
        (metadata_forbidden, "no readable METADATA"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_needed_and_hostile_is_named_once_and_not_reused(
    ready: Bench, break_it: Callable[[Bench], None], why: str
) -> None:
    """One line of bounded length names it and the reason, another copy is installed, the rest is reused."""
    if "forbidden" in break_it.__name__ and IS_ROOT:
        if shutil.which(DROP[0]) is None:
            pytest.skip("root ignores permission bits, and there is no setpriv")
        ready.prefix_command = DROP
    break_it(ready)
    outcome = ready.tox()
    assert outcome.code == 0
    (line,) = outcome.lines("not reused")
    assert why in line
    assert len(line) < 2100
    assert ready.names("installed") == {"alpha": "9.0"}
    assert ready.names("reused") == {"other": "1.0"}
    printable(ready, outcome)


@posix
def test_enormous_files_beside_good_metadata_cost_no_memory_and_are_told(ready: Bench) -> None:
    """RECORD and the others of 200 MB each are not read: the distribution is reused, its size is unknown, not 0."""
    folder = ready.base("alpha", "1.0", scripts={"alpha": "alpha:main"})
    for name in ("RECORD", "entry_points.txt", "direct_url.json", "top_level.txt", "requires.txt", "INSTALLER"):
        sparse(folder / name, b"alpha\n")
    (ready.site / "alpha.py").unlink()
    ready.wheel("gamma", "1.0", requires=["alpha"])
    ready.configure(["alpha", "gamma"])
    outcome = ready.tox()
    assert outcome.code == 0
    for name in ("RECORD", "entry_points.txt"):
        assert len(outcome.lines(f"alpha 1.0: {name} can't be read: it is larger than 16 MB")) == 1
    assert [{"name": item["name"], "bytes": item["bytes"]} for item in ready.record()["reused"]] == [
        {"name": "alpha", "bytes": None}
    ]
    assert outcome.lines(">0 B")
    printable(ready, outcome)


_IN_LITTLE_MEMORY: Final = """
import resource, sys
from pathlib import Path
from tox_sitediff.interpreter.metadata import list_layer, read
from tox_sitediff.core.model import Distribution, Layer, Role
from tox_sitediff.environment.scripts import provide
from tox_sitediff.interpreter.sizes import distribution_bytes
size = 700_000_000
resource.setrlimit(resource.RLIMIT_AS, (size, size))
for entry in list_layer(Layer(path=sys.argv[1], role=Role.BASE)):
    found = read(entry)
    if isinstance(found, Distribution):
        distribution_bytes(found)
        provide([found], directory=Path(sys.argv[2]), python=Path(sys.executable))
        print(found.name)
"""


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold a process to this limit")
def test_no_file_of_a_distribution_makes_memory_swell(tmp_path: Path) -> None:
    """Files of 200 MB, and such as large as is read at all, of the lines that cost most: all in 700 MB of addresses."""
    site, scripts = tmp_path / "site", tmp_path / "bin"
    scripts.mkdir()
    names = ("METADATA", "RECORD", "entry_points.txt", "direct_url.json", "top_level.txt", "requires.txt", "PKG-INFO")
    lines = "".join(f"{number:x},,\n" for number in range(1_500_000)).encode()
    header = "".join(f"Requires-Dist: a{number:x}\n" for number in range(150_000)).encode()
    for name in names:
        for kind, content in (("huge", b""), ("full", header if name == "METADATA" else lines[: 16 * 1024 * 1024])):
            folder = site / f"{kind}{names.index(name)}-1.0.dist-info"
            write(folder / "METADATA", "Version: 1.0\n\n")
            if kind == "huge":
                sparse(folder / name, b"Version: 1.0\n\n")
            else:
                write(folder / name, b"Version: 1.0\n" + content)
    done = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_MEMORY, site, scripts],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 2 * len(names)


def test_what_an_audit_quotes_of_the_base_is_safe_to_show(ready: Bench) -> None:
    """A requirement of a reused distribution that can't be met fails the run with its chain, escapes made visible."""
    ready.base("alpha", "1.0", requires=["other===\x1b[2J\x1b]0\x07\u202e\x9b"])
    outcome = ready.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("alpha 1.0 -> other===")
    assert r"other===\x1b[2J\x1b]0\x07\u202e\x9b: found 1.0" in line
    printable(ready, outcome)


def test_ten_thousand_requirements_and_rings_of_extras_are_worked_off(ready: Bench) -> None:
    """A closure of ten thousand lines, with extras that ask for each other, is reused like any other."""
    ring = [f'alpha[x{number + 1}]; extra == "x{number}"' for number in range(2000)]
    lines = [*(f"other>=0.{number}" for number in range(10_000)), *ring, 'alpha[x0]; extra == "x2000"']
    ready.base("alpha", "1.0", requires=lines, extras=[f"x{number}" for number in range(2001)])
    ready.configure(["alpha[x7]", "other"])
    outcome = ready.tox()
    assert outcome.code == 0
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}


@posix
def test_scripts_of_the_base_take_nobody_elses_place(ready: Bench) -> None:
    """A console script never takes the place of the interpreter, the activation, or a file that was there before."""
    names = [
        "python",
        "python3",
        "activate",
        "pip",
        "mine",
        "linked",
        "../../up",
        "/abs",
        'a"b',
        "$(touch x)",
        "x.exe.exe",
    ]
    ready.configure(["other"])
    assert ready.tox().code == 0
    bin_directory = ready.env_dir / "bin"
    mine = write(bin_directory / "mine", "#!/bin/sh\n")
    (bin_directory / "linked").symlink_to(ready.root / "canary" / "deep" / "file")

    def state(name: str) -> tuple[int, int, int]:
        found = (bin_directory / name).lstat()
        return found.st_ino, found.st_mtime_ns, found.st_mode

    before = {name: state(name) for name in ("python", "python3", "activate", "mine", "linked")}
    ready.base("alpha", "1.0", scripts=dict.fromkeys(names, "alpha:main"))
    ready.configure(["other", "alpha"])
    outcome = ready.tox()
    assert outcome.code == 0
    assert before == {name: state(name) for name in before}
    assert mine.read_text(encoding="utf-8") == "#!/bin/sh\n"
    assert {"pip", 'a"b', "$(touch x)", "x.exe.exe"} <= {path.name for path in bin_directory.iterdir()}
    assert not (ready.env_dir / "up").exists()
    assert not (ready.project / "x").exists()
    assert len(outcome.lines("is skipped")) == 5  # three that are the environment's own, two that are paths
    printable(ready, outcome)


@posix
def test_scripts_and_settings_that_would_stop_a_project_do_not(ready: Bench) -> None:
    """What would take the place of what makes the environment, and settings nested too deeply, which stock tox passes.

    uv reads pyproject.toml for its settings, tox does not, where there is a tox.ini.
    """
    del ready.variables["UV_NO_CONFIG"]
    write(ready.project / "pyproject.toml", f"x = {'[' * 1000}\n")
    names = ["pyvenv.cfg", "pybuilddir.txt", "csv.py", "alpha"]
    ready.base("alpha", "1.0", scripts=dict.fromkeys(names, "alpha:main"))
    secret = write(ready.root / "secret", "#!/usr/bin/python3\nPASSWORD = 1\n")
    (ready.prefix / "bin" / "tool").symlink_to(secret)
    with (ready.site / "alpha-1.0.dist-info" / "RECORD").open("a", encoding="utf-8") as record:
        record.write("../../../bin/tool,,\n")
    ready.configure(["alpha", "other"], extra="sitediff_visibility = declared")
    outcome = ready.tox()
    assert outcome.code == 0
    made = {path.name for path in (ready.env_dir / "bin").iterdir()}
    assert made & {*names, "tool"} == {"alpha"}
    assert len(outcome.lines("is skipped: ")) == 4
    assert ready.seen() == {"alpha": "1.0", "other": "1.0"}
    printable(ready, outcome)


@posix
def test_a_directory_that_may_not_be_listed_holds_nothing(ready: Bench) -> None:
    """An unreadable directory and one that is no directory stand on the path and are passed over."""
    if IS_ROOT:
        if shutil.which(DROP[0]) is None:
            pytest.skip("root ignores permission bits, and there is no setpriv")
        ready.prefix_command = DROP
    secret = ready.root / "secret"
    write(secret / "alpha-1.0.dist-info" / "METADATA", metadata("alpha", "1.0"))
    secret.chmod(0)
    ready.configure(["alpha", "other"], extra=f"set_env =\n    PYTHONPATH = {secret}:{write(ready.root / 'file')}")
    outcome = ready.tox()
    secret.chmod(0o755)
    assert outcome.code == 0
    assert ready.names("installed") == {"alpha": "9.0"}


def test_modules_that_hide_the_standard_library_do_not_matter(ready: Bench) -> None:
    """A json.py and a platform.py in the project, where tox is started, are the project's own affair."""
    for name in ("json", "platform", "sysconfig"):
        write(ready.project / f"{name}.py", "raise SystemExit('not the one of the standard library')\n")
    ready.base("alpha", "1.0")
    ready.configure(["alpha", "other"])
    # as the program "tox" starts, not "python -m tox"
    assert ready.tox(PYTHONSAFEPATH="1").code == 0
    assert ready.names("reused") == {"alpha": "1.0", "other": "1.0"}
    assert ready.tox(PYTHONSAFEPATH="1").code == 0


@posix
@pytest.mark.parametrize(("name", "declared"), [(b"la\x1b[2Jy\xc2\x9b", ["alpha", "beta"]), (b"caf\xe9", ["alpha"])])
def test_a_layer_with_a_hostile_name_works_and_is_shown_safely(ready: Bench, name: bytes, declared: list[str]) -> None:
    """A path that holds escapes, or bytes that are no UTF-8, is used, and written down so that it can be read.

    With the latter uv can't be started: it fails on an interpreter that has such a path, whoever calls it.
    """
    layer = Path(os.fsdecode(os.fsencode(ready.root) + b"/" + name))
    write(layer / "alpha-1.0.dist-info" / "METADATA", metadata("alpha", "1.0"))
    write(ready.site / "layer.pth", f"import os, sys; sys.path.append(os.fsdecode({os.fsencode(layer)!r}))\n")
    ready.wheel("beta", "1.0", requires=["alpha"])
    ready.configure(declared)
    result = ready.root / "result.json"
    outcome = ready.tox("--result-json", str(result))
    assert outcome.code == 0
    assert ready.names("reused") == {"alpha": "1.0"}
    assert json.loads(result.read_text(encoding="utf-8"))["testenvs"]["e"]["sitediff"]["env"] == "e"
    printable(ready, outcome)
    write(layer / "alpha-1.0.dist-info" / "METADATA", metadata("alpha", "2.0"))
    outcome = ready.tox()
    assert outcome.code == 0
    (line,) = outcome.lines("the base changed: alpha was 1.0 in")
    assert ascii(os.fspath(layer))[1:-1] in line
    printable(ready, outcome)
