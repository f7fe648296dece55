"""Scripts of inherited distributions.

Where a test passes ``windows=True`` on another system it stands in for Windows: names, layout and content are those of
Windows, and a launcher is run as ``python NAME.exe``, which is what distlib's stub does with itself once it has read
the line in front of its zip. That the stub itself starts is for a test on Windows.
"""

from __future__ import annotations

import ast
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from errno import ENOSPC
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name
from packaging.version import Version

from tox_sitediff.core.model import Distribution, Layer, Role
from tox_sitediff.environment import launchers
from tox_sitediff.environment.launchers import MARKER, Launchers, python_source
from tox_sitediff.environment.scripts import Provided, provide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

posix = pytest.mark.skipif(os.name == "nt", reason="runs what was made for POSIX")
PYTHON = Path(sys.executable)
SHOW = "import sys\n\ndef main():\n    print(sys.argv[1:], sys.executable, sys.prefix)\n    return 3\n"


class Base:
    """A layer with a scripts directory, in the layout of a prefix."""

    def __init__(self, prefix: Path, *, windows: bool = False, site: str | None = None) -> None:
        self.site = prefix / (site or ("Lib/site-packages" if windows else "lib/python3.12/site-packages"))
        self.bin = prefix / ("Scripts" if windows else "bin")
        self.up = "../../Scripts" if windows else "../../../bin"
        for directory in (self.site, self.bin):
            directory.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        name: str,
        entry_points: str | bytes = "",
        record: Iterable[str] | bytes = (),
        suffix: str = "dist-info",
    ) -> Distribution:
        metadata = self.site / f"{name}-1.0.{suffix}"
        metadata.mkdir()
        if entry_points:
            text = entry_points.encode() if isinstance(entry_points, str) else entry_points
            (metadata / "entry_points.txt").write_bytes(text)
        if record:
            lines = record if isinstance(record, bytes) else "".join(f"{line},,\n" for line in record).encode()
            (metadata / "RECORD").write_bytes(lines)
        return self.at(name, metadata)

    def at(self, name: str, metadata: Path) -> Distribution:
        return Distribution(
            name=canonicalize_name(name),
            version=Version("1.0"),
            path=str(metadata),
            layer=Layer(path=str(self.site), role=Role.BASE),
        )

    def script(self, name: str, content: str | bytes, mode: int = 0o755) -> str:
        path = self.bin / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        return f"{self.up}/{name}"


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "base")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "env" / "bin"
    path.mkdir(parents=True)
    return path


def run(*command: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)


def make(directory: Path, *distributions: Distribution, python: Path = PYTHON, ours: Sequence[str] = ()) -> Provided:
    return provide(distributions, directory=directory, python=python, ours=ours, windows=False)


def windows(directory: Path, *distributions: Distribution, ours: Sequence[str] = ()) -> Provided:
    return provide(distributions, directory=directory, python=PYTHON, ours=ours, windows=True)


def embedded(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("__main__.py").decode()


# --- entry points -----------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("suffix", ["dist-info", "egg-info"])
def test_entry_points_run_under_the_interpreter(base: Base, directory: Path, suffix: str) -> None:
    """Console and gui scripts pass arguments, exit code and the interpreter on; extras and spaces are ignored."""
    (base.site / "demo.py").write_text(SHOW)
    text = "[console_scripts]\n# no\n; no\ndemo = demo : main [fast, big]\n[other]\nx = y:z\n"
    text += "[gui_scripts]\ndemow=demo:main\n"
    result = make(directory, base.add("demo", text, suffix=suffix))
    assert result == Provided(files=("demo", "demow"), warnings=())
    for name in result.files:
        done = run(directory / name, "a b", "c", env={"PYTHONPATH": str(base.site)})
        assert (done.returncode, done.stdout) == (3, f"['a b', 'c'] {PYTHON} {sys.prefix}\n"), done.stderr
        assert (directory / name).stat().st_mode & 0o777 == 0o755


@posix
def test_object_in_a_class(base: Base, directory: Path) -> None:
    """A dotted attribute is called as it stands."""
    (base.site / "demo.py").write_text("class App:\n    @staticmethod\n    def run():\n        print('ran')\n")
    make(directory, base.add("demo", "[console_scripts]\ndemo = demo:App.run"))
    assert run(directory / "demo", env={"PYTHONPATH": str(base.site)}).stdout == "ran\n"


@pytest.mark.parametrize(
    "value", ["demo", "demo:", ":main", "demo:main()", "a-b:c", "os:x;import y", "a..b:c", "if:x", "demo:main]", "1a:b"]
)
def test_no_object_reference(base: Base, directory: Path, value: str) -> None:
    """What is no object reference is skipped with a warning: it would be code in the script."""
    result = make(directory, base.add("demo", f"[console_scripts]\nbad = {value}\ngood = demo:main\n"))
    assert result.files == ("good",)
    assert result.warnings == (f"demo 1.0: script 'bad' is skipped: {value!r} is no object reference",)


@pytest.mark.parametrize(
    "name",
    [
        *("a/b", "../up", "..", ".", "a\\b", "esc\x1b[31m", "nul\0", "\u202etxt", "x" * 256, ""),
        *("python", "python3.12", "pythonw", "activate", "activate_this.py", "activate.fish"),
    ],
)
def test_names_that_are_never_written(base: Base, directory: Path, name: str) -> None:
    """A name that is a path, that a terminal would act on, or that is the environment's own, is skipped."""
    result = make(directory, base.add("demo", f"[console_scripts]\n{name} = demo:main\n"))
    assert result.files == ()
    assert len(result.warnings) == 1
    assert result.warnings[0].isprintable()
    assert list(directory.iterdir()) == []


def test_pip_is_an_ordinary_name(base: Base, directory: Path) -> None:
    """Names that only look like the environment's own are written."""
    assert make(directory, base.add("pip", "[console_scripts]\npip3 = pip:main\n")).files == ("pip3",)


@given(
    names=st.lists(st.text(min_size=1, max_size=12) | st.sampled_from(["../x", "python3", "Activate", "CON", "a:b"])),
    lines=st.lists(st.text(max_size=20) | st.from_regex(r"(\.\./){0,5}(bin|etc)?/?[a-z.]{0,5}", fullmatch=True)),
    on_windows=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_whatever_the_base_says(names: list[str], lines: list[str], on_windows: bool) -> None:
    """No name or RECORD line makes a file elsewhere or one that isn't reported, or a warning that isn't printable."""
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        base = Base(top / "base", windows=on_windows)
        base.script("tool", "#!/usr/bin/python\n")
        directory = top / "env"
        directory.mkdir()
        before = sorted(top.rglob("*"))
        text = "[console_scripts]\n" + "".join(f"{name} = a:b\n" for name in names)
        distribution = base.add(
            "demo", text.encode("utf-8", "replace"), "".join(f"{x},,\n" for x in lines).encode("utf-8", "replace")
        )
        result = provide([distribution], directory=directory, python=PYTHON, windows=on_windows)
        made = sorted(path.name for path in directory.iterdir())
        assert made == list(result.files)
        assert all(warning.isprintable() for warning in result.warnings)
        assert not [name for name in made if name.startswith(("python", "activate"))]
        metadata = Path(distribution.path)
        after = {path for path in top.rglob("*") if metadata not in path.parents and path != metadata}
        assert after == {*before, *(directory / name for name in made)}
        again = provide([], directory=directory, python=PYTHON, ours=result.files, windows=on_windows)
        assert (again.files, list(directory.iterdir())) == ((), [])


# --- data scripts and programs ----------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "first",
    [
        "#!python",
        "#!pythonw",
        "#!/opt/base/bin/python3.12",
        "#!/usr/bin/env python3",
        "#!/usr/bin/env -S X=1 pypy3",
        "#! /opt/my base/bin/python",
        "#!python\r",
        "#!/bin/sh\n'''exec' '/opt/long path/bin/python3' \"$0\" \"$@\"\n' '''",
        "#!/bin/sh\n'''exec' '/opt/it'\"'\"'s/python' \"$0\" \"$@\"\n' '''",
        "#!/bin/sh\n'''exec' \"/opt/conda/bin/python\" \"$0\" \"$@\" #'''",
    ],
)
def test_data_script_of_python(base: Base, directory: Path, first: str) -> None:
    """A Python script in RECORD, whatever way it names its interpreter, is copied and runs under the environment's."""
    distribution = base.add("demo", record=[base.script("show", f"{first}\n{SHOW}sys.exit(main())\n")])
    assert make(directory, distribution) == Provided(files=("show",), warnings=())
    done = run(directory / "show", "x")
    assert (done.returncode, done.stdout) == (3, f"['x'] {PYTHON} {sys.prefix}\n"), done.stderr


@posix
def test_options_of_the_interpreter_are_kept(base: Base, directory: Path) -> None:
    """A script that asks for unbuffered output still does."""
    content = "#!/usr/bin/python -u\nimport sys\nprint(sys.stdout.line_buffering, sys.stdout.write_through)\n"
    make(directory, base.add("demo", record=[base.script("show", content)]))
    assert run(directory / "show").stdout == "False True\n"


@posix
def test_encoding_of_a_data_script(base: Base, directory: Path) -> None:
    """A declared encoding counts on the first two lines only: the copy, which has more before it, means the same."""
    content = "#!python\n# -*- coding: latin-1 -*-\nprint(ascii('\u00fc'))\n".encode("latin-1")
    make(directory, base.add("demo", record=[base.script("show", content)]))
    assert run(directory / "show").stdout == "'\\xfc'\n"
    (base.bin / "show").write_bytes(content.replace(b"latin-1", b"klingon"))
    result = make(directory, base.at("demo", base.site / "demo-1.0.dist-info"))
    assert result.warnings == ("demo 1.0: script 'show' is skipped: 'unknown encoding: klingon'",)


@posix
def test_archive_of_a_program(base: Base, directory: Path) -> None:
    """A zip with a shebang (zipapp) still runs as a copy."""
    stream = io.BytesIO(b"")
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("__main__.py", "import sys; print('zip', sys.executable)")
    make(directory, base.add("demo", record=[base.script("app", b"#!/usr/bin/python3\n" + stream.getvalue())]))
    assert run(directory / "app").stdout == f"zip {PYTHON}\n"


@posix
def test_native_programs_and_other_scripts(tmp_path: Path, directory: Path) -> None:
    """A binary or a shell script is run where it lies, with all arguments and its exit code, without any link to it."""
    base = Base(tmp_path / "it's a $base `dir` \\ \"")
    shell = Path(shutil.which("sh") or "sh").read_bytes()
    record = [base.script("native", shell), base.script("text", '#!/bin/sh\necho "$0|$1|$2"\nexit 4\n')]
    assert make(directory, base.add("demo", record=record)).files == ("native", "text")
    done = run(directory / "native", "-c", 'echo "$1"; exit 7', "x", "two words")
    assert (done.returncode, done.stdout) == (7, "two words\n")
    done = run(directory / "text", "*", "a 'b' \"c\"")
    assert (done.returncode, done.stdout) == (4, f"{base.bin}/text|*|a 'b' \"c\"\n")
    assert not (directory / "native").is_symlink()
    (directory / "native").write_bytes(b"a later installation")
    assert (base.bin / "native").read_bytes() == shell


@posix
def test_what_is_no_program(base: Base, directory: Path) -> None:
    """Text, modules without a shebang, libraries, files that can't be executed or were removed make no script."""
    record = [
        base.script("notes", "hello\n"),
        base.script("tool.pyc", b"\x7fELF"),
        base.script("lib.so", b"\x7fELF"),
        base.script("locked", "#!/bin/sh\n", mode=0o644),
        base.script("x.cmd", "@echo off\n"),
        "../../../bin/gone",
        "../../../bin/sub/tool",
        "../../../share/man/man1/tool.1",
        "demo/__init__.py",
    ]
    assert make(directory, base.add("demo", record=record)) == Provided(files=(), warnings=())


@posix
def test_record_points_elsewhere(tmp_path: Path, base: Base, directory: Path) -> None:
    """Only files of the layer's own scripts directory count; all that lies outside of its prefix gets one warning."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "evil").write_text("#!/usr/bin/python\n")
    inside = base.script("good", "#!/usr/bin/python\n")
    record = [str(other / "evil"), "../../../../elsewhere/evil", "../" * 30 + "usr/bin/env", inside, inside]
    result = make(directory, base.add("demo", record=record))
    assert result.files == ("good",)
    prefix = str(tmp_path / "base")
    assert result.warnings == (f"demo 1.0: 3 lines of RECORD are no files in {prefix!r}: they are skipped",)


@posix
def test_quoted_and_absolute_record_lines(base: Base, directory: Path) -> None:
    """A name with a comma is quoted in RECORD, and a path may be absolute (specification of RECORD)."""
    comma, plain = base.script('a,"b"', "#!python\n"), base.script("plain", "#!python\n")
    line = comma.replace('"', '""')
    record = f'"{line}",,\r\n{base.bin / Path(plain).name},sha256=x,3\r\n'.encode()
    assert make(directory, base.add("demo", record=record)).files == ('a,"b"', "plain")


@posix
@pytest.mark.parametrize("site", ["lib64/python3.12/site-packages", "lib/python3/dist-packages"])
def test_other_layouts_of_a_prefix(tmp_path: Path, directory: Path, site: str) -> None:
    """Fedora's second and Debian's only site directory belong to the same scripts directory."""
    base = Base(tmp_path / "usr", site=site)
    assert make(directory, base.add("demo", record=[base.script("tool", "#!python\n")])).files == ("tool",)


@posix
def test_record_of_a_debian_package(tmp_path: Path, directory: Path) -> None:
    """Debian ships the RECORD of the build, with ``../scripts/``, for what it puts into ``/usr/bin``."""
    base = Base(tmp_path / "usr", site="lib/python3/dist-packages")
    base.script("tool", "#!python\n")
    distribution = base.add("demo", record=["../scripts/tool", "../scripts/renamed"])
    assert make(directory, distribution) == Provided(files=("tool",), warnings=())


@posix
@pytest.mark.parametrize("recorded", ["bin/tool", "../../bin/tool"])
def test_directory_made_with_target(tmp_path: Path, directory: Path, recorded: str) -> None:
    """``--target`` puts bin below the directory; uv records it there, pip two levels higher."""
    base = Base(tmp_path / "vendored" / "deep", site=".")
    base.script("tool", "#!python\n")
    assert make(directory, base.add("demo", record=[recorded])) == Provided(files=("tool",), warnings=())


@posix
def test_package_that_is_called_bin(base: Base, directory: Path) -> None:
    """In a site directory ``bin/`` is a package."""
    (base.site / "bin").mkdir()
    (base.site / "bin" / "tool").write_text("#!python\n")
    assert make(directory, base.add("demo", record=["bin/tool"])) == Provided(files=(), warnings=())


@posix
def test_entry_point_before_data_script(base: Base, directory: Path) -> None:
    """RECORD lists the scripts of entry points too: they are made from the entry point."""
    record = [base.script("demo", "#!/usr/bin/python\nimport wrong\n")]
    assert make(directory, base.add("demo", "[console_scripts]\ndemo = demo:main\n", record)).files == ("demo",)
    assert "wrong" not in (directory / "demo").read_text()


# --- metadata that can't be read --------------------------------------------------------------------------------------


def test_no_metadata_at_all(base: Base, directory: Path) -> None:
    """A distutils ``.egg-info`` is a file, and a Debian package has no RECORD: neither is worth a warning."""
    (base.site / "old-1.0.egg-info").write_text("Name: old\n")
    old = base.at("old", base.site / "old-1.0.egg-info")
    archived = base.at("zipped", base.site / "x.zip" / "zipped-1.0.dist-info")
    assert make(directory, old, archived, base.add("bare")) == Provided(files=(), warnings=())


@posix
def test_files_that_must_not_be_opened(base: Base, directory: Path) -> None:
    """A FIFO would block, a directory can't be read, 17 MB are too much: a warning for each, and no hang."""
    fifo, folder, huge = base.add("fifo"), base.add("folder"), base.add("huge")
    os.mkfifo(Path(fifo.path) / "entry_points.txt")
    (Path(folder.path) / "RECORD").mkdir()
    with (Path(huge.path) / "RECORD").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    os.mkfifo(base.bin / "pipe")
    pipe = base.add("pipe", record=["../../../bin/pipe"])
    assert make(directory, fifo, folder, huge, pipe).warnings == (
        "fifo 1.0: entry_points.txt can't be read: it is not a regular file",
        "folder 1.0: RECORD can't be read: it is not a regular file",
        "huge 1.0: RECORD can't be read: it is larger than 16 MB",
        "pipe 1.0: script 'pipe' is skipped: it is not a regular file",
    )


def test_bytes_that_are_not_utf8(base: Base, directory: Path) -> None:
    """Other encodings than UTF-8 are not guessed."""
    result = make(directory, base.add("demo", b"[console_scripts]\n\xff = a:b\n", b"../../../bin/\xff,,\n"))
    assert result.files == ()
    assert [warning.isprintable() for warning in result.warnings] == [True, True]


def test_a_line_without_equals(base: Base, directory: Path) -> None:
    """A line that is neither comment nor entry is named; the others count."""
    result = make(directory, base.add("demo", "stray\n[console_scripts]\njunk \x1b[2J\ngood = a:b\n"))
    assert result.files == ("good",)
    assert result.warnings == ("demo 1.0: 'junk \\x1b[2J' in entry_points.txt is skipped: no '='",)


# --- what is there already --------------------------------------------------------------------------------------------


def test_first_distribution_wins(base: Base, directory: Path) -> None:
    """Of two different scripts of one name the first is made, and the second is named; equal ones are no conflict."""
    first = base.add("first", "[console_scripts]\ntool = first:main\nsame = a:b\n")
    second = base.add("second", "[console_scripts]\ntool = second:main\nsame = a:b\n")
    result = make(directory, first, second)
    assert result.warnings == ("second 1.0: script 'tool' is skipped: first 1.0 has it too",)
    assert "from first import main" in (directory / "tool").read_text()


@posix
def test_second_run_writes_nothing(base: Base, directory: Path) -> None:
    """What is up to date keeps its file; what was changed or lost its mode is written again."""
    distribution = base.add("demo", "[console_scripts]\na = a:b\nb = a:b\nc = a:b\n")
    first = make(directory, distribution)
    before = {name: (directory / name).stat().st_ino for name in first.files}
    (directory / "b").chmod(0o644)
    (directory / "c").write_bytes((directory / "c").read_bytes() + b"# changed\n")
    assert make(directory, distribution, ours=first.files) == first
    after = {name: (directory / name).stat().st_ino for name in first.files}
    assert [name for name in first.files if before[name] != after[name]] == ["b", "c"]


def test_what_is_not_ours_stays(base: Base, directory: Path) -> None:
    """A script of a distribution in the environment is neither overwritten nor removed, nor reported as ours."""
    (directory / "tool").write_text("#!/env/bin/python\nimport tool\n")
    (directory / "folder").mkdir()
    distribution = base.add("demo", "[console_scripts]\ntool = a:b\nfolder = a:b\n")
    assert make(directory, distribution, ours=["tool"]) == Provided(files=(), warnings=())
    assert make(directory, ours=["tool", "folder", "missing"]).files == ()
    assert (directory / "tool").read_text() == "#!/env/bin/python\nimport tool\n"


@posix
def test_a_link_is_not_ours(base: Base, directory: Path, tmp_path: Path) -> None:
    """A symbolic link is left alone, even to a file that looks like ours."""
    make(directory, base.add("demo", "[console_scripts]\nreal = a:b\n"))
    (directory / "tool").symlink_to(directory / "real")
    assert make(directory, base.add("other", "[console_scripts]\ntool = a:b\n"), ours=["tool"]).files == ()
    assert (directory / "tool").is_symlink()


def test_scripts_that_are_no_longer_wanted(base: Base, directory: Path) -> None:
    """Of what was ours, the unwanted goes; a name that was taken over by an installation stays."""
    both = base.add("demo", "[console_scripts]\nold = a:b\ntaken = a:b\nkept = a:b\n")
    first = make(directory, both)
    (directory / "taken").write_text("#!python\n")
    left = base.add("left", "[console_scripts]\nkept = a:b\n")
    assert make(directory, left, ours=first.files).files == ("kept",)
    assert sorted(path.name for path in directory.iterdir()) == ["kept", "taken"]


@pytest.mark.parametrize("name", ["../victim", "sub/victim", "", "..", "python3", "a\0b"])
def test_names_from_a_damaged_record_of_ours(base: Base, directory: Path, name: str) -> None:
    """``ours`` comes from a file: nothing outside of the directory can be removed through it."""
    victim = directory.parent / "victim"
    ours = b"#!python\n" + MARKER + b"\n"
    (directory / "sub").mkdir()
    for path in (victim, directory / "python3", directory / "sub" / "victim"):
        path.write_bytes(ours)
    make(directory, ours=[name])
    assert victim.exists()
    assert sorted(path.name for path in directory.rglob("*")) == ["python3", "sub", "victim"]


def test_marker_in_the_wrong_place() -> None:
    """A program that only mentions the marker, such as this project's own source, isn't taken for a script of ours."""
    assert not launchers.is_ours(Path(launchers.__file__).read_bytes())
    assert not launchers.is_ours(b"#!python\nprint('" + MARKER + b"')\n")
    assert not launchers.is_ours(b"MZ" + MARKER + b"\n")
    assert not launchers.is_ours(b"")


# --- faults -----------------------------------------------------------------------------------------------------------


@posix
def test_disk_full(base: Base, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk names the file that could not be written, and leaves nothing of this call."""
    distribution = base.add("demo", "[console_scripts]\na = a:b\nb = a:b\nc = a:b\n")
    make(directory, base.add("early", "[console_scripts]\nb = a:b\n"))
    calls = iter(range(10))

    def fchmod(descriptor: int, mode: int) -> None:
        if next(calls) == 1:
            raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(os, "fchmod", fchmod)
    with pytest.raises(OSError, match=re.escape(str(directory / "c"))) as caught:
        make(directory, distribution)
    assert (caught.value.errno, caught.value.filename) == (ENOSPC, str(directory / "c"))
    assert [path.name for path in directory.iterdir()] == ["b"]


def test_no_directory(base: Base, tmp_path: Path) -> None:
    """A missing directory is an error of the environment that names the file; with nothing to write it is none."""
    missing = tmp_path / "missing"
    assert make(missing, ours=["a"]).files == ()
    with pytest.raises(FileNotFoundError) as caught:
        make(missing, base.add("demo", "[console_scripts]\na = a:b\n"))
    assert caught.value.filename == str(missing / "a")


def test_leftovers_of_a_killed_run(base: Base, directory: Path) -> None:
    """Temporary files of a killed run are removed by the next one that writes, but not those of one at work."""
    old, young = directory / ".tox-sitediff-1-00", directory / ".tox-sitediff-2-00"
    for path in (old, young):
        path.write_bytes(b"")
    os.utime(old, (time.time() - 3600, time.time() - 3600))
    make(directory, base.add("demo", "[console_scripts]\na = a:b\n"))
    assert sorted(path.name for path in directory.iterdir()) == [young.name, "a"]


# --- shebang ----------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("name", ["with space", "x" * 120, "it's", 'a"b', "back\\slash `$(x)`", "\u00fc"])
def test_path_of_the_interpreter(base: Base, tmp_path: Path, name: str) -> None:
    """Where the kernel can't read the path of the interpreter, the script goes through /bin/sh, and works the same."""
    directory = tmp_path / name / "bin"
    directory.mkdir(parents=True)
    python = directory / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error "$@"\n')
    python.chmod(0o755)
    (base.site / "demo.py").write_text("import sys\ndef main():\n    print(sys.argv[1:])\n    return 3\n")
    result = make(directory, base.add("demo", "[console_scripts]\ndemo = demo:main\n"), python=python)
    content = (directory / "demo").read_bytes()
    assert result.files == ("demo",)
    assert len(content.splitlines()[0]) <= 127
    assert launchers.is_ours(content)
    assert python_source(content) is not None
    done = run(directory / "demo", "a b", "*", env={"PYTHONPATH": str(base.site)})
    assert (done.returncode, done.stdout) == (3, "['a b', '*']\n"), done.stderr


@posix
@given(path=st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1))
def test_quoting(path: str) -> None:
    """What sh reads is the path, and what Python reads is a string, without a warning."""
    quoted = launchers._quoted(path.encode())
    assert shlex.split(quoted.decode()) == [path]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(ast.literal_eval(f"'''exec' {quoted.decode()} \"$0\" \"$@\"\n' '''"), str)


@posix
def test_interpreter_that_is_not_utf8(base: Base, directory: Path) -> None:
    """Python source is UTF-8, so is its first line: without that no script is made, and what is there stays."""
    result = make(directory, base.add("demo"), python=Path(os.fsdecode(b"/\xff/python")), ours=["x"])
    assert result.files == ("x",)
    assert result.warnings[0].isprintable()


@pytest.mark.parametrize(
    "first",
    [
        *("#!/bin/sh", "#!/usr/bin/perl", "#!/usr/bin/env bash", "#!/usr/bin/env uv run python x", "import python", ""),
        *(
            "#!/bin/sh\nexec python",
            "#!/bin/sh\n'''exec' perl '''",
            "#!/bin/sh\n'''exec' python",
            "#!" + "/python" * 9999,
        ),
    ],
)
def test_first_lines_of_others(first: str) -> None:
    """Only what Python itself interprets is copied."""
    assert python_source(f"{first}\nx\n".encode()) is None


# --- Windows ----------------------------------------------------------------------------------------------------------


def test_windows_launchers_of_entry_points(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: stub, first line, zip; run by the interpreter as the stub would; equal bytes each time."""
    base = Base(tmp_path / "base", windows=True)
    (base.site / "demo.py").write_text(SHOW + "    \n")
    distribution = base.add("demo", "[console_scripts]\ndemo = demo:main\n[gui_scripts]\ndemow.py = demo:main\n")
    result = windows(directory, distribution)
    assert result == Provided(files=("demo.exe", "demow.exe"), warnings=())
    data = (directory / "demo.exe").read_bytes()
    assert data.startswith(resources.files("distlib").joinpath("t64.exe").read_bytes() + f"#!{PYTHON}\n".encode())
    assert resources.files("distlib").joinpath("w64.exe").read_bytes() in (directory / "demow.exe").read_bytes()
    done = run(sys.executable, directory / "demo.exe", "a b", env={"PYTHONPATH": str(base.site)})
    assert (done.returncode, done.stdout) == (3, f"['a b'] {PYTHON} {sys.prefix}\n"), done.stderr
    before = (directory / "demo.exe").stat().st_mtime_ns
    assert windows(directory, distribution, ours=result.files) == result
    assert (directory / "demo.exe").stat().st_mtime_ns == before
    assert windows(directory, ours=result.files).files == ()
    assert list(directory.iterdir()) == []


def test_windows_interpreter_in_the_first_line(tmp_path: Path) -> None:
    """Stands in for Windows: spaces are quoted, gui scripts get pythonw, the stub is for the interpreter's machine."""
    python = tmp_path / "my env" / "python.exe"
    python.parent.mkdir()
    header = b"MZ" + bytes(58) + (64).to_bytes(4, "little")
    for machine, name in ((b"\x4c\x01", "w32.exe"), (b"\x64\x86", "w64.exe"), (b"\x64\xaa", "w64-arm.exe")):
        python.write_bytes(header + b"PE\0\0" + machine)
        data = Launchers(python, windows=True).entry_point("a", "b", gui=True)
        stub = resources.files("distlib").joinpath(name).read_bytes()
        assert data.startswith(stub + f'#!"{python.with_name("pythonw.exe")}"\n'.encode())


def test_windows_data_scripts(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: a script, or the launcher that pip made of one, becomes a launcher of the environment."""
    base = Base(tmp_path / "base", windows=True)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("__main__.py", "print('piped')")
    stub = resources.files("distlib").joinpath("w64.exe").read_bytes()
    record = [
        base.script("plain.py", "#!python -u\nprint('plain')\n"),
        base.script("piped.exe", stub + b'#!"C:\\my base\\pythonw.exe"\n' + stream.getvalue()),
        base.script("shell", "#!/bin/sh\n"),
    ]
    record[0] = record[0].replace("/", "\\")  # RECORD may have either separator on Windows
    result = windows(directory, base.add("demo", record=record))
    assert result == Provided(files=("piped.exe", "plain.exe"), warnings=())
    assert (directory / "piped.exe").read_bytes().startswith(stub)
    assert f"#!{PYTHON} -u\n".encode() in (directory / "plain.exe").read_bytes()
    assert run(sys.executable, directory / "plain.exe").stdout == "plain\n"
    assert run(sys.executable, directory / "piped.exe").stdout == "piped\n"


@posix
def test_windows_native_program(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows, with a binary of this system: the launcher runs it and passes arguments and status on."""
    base = Base(tmp_path / "base", windows=True)
    record = [base.script("tool.exe", Path(shutil.which("sh") or "sh").read_bytes())]
    assert windows(directory, base.add("demo", record=record)).files == ("tool.exe",)
    done = run(sys.executable, directory / "tool.exe", "-c", 'echo "$1"; exit 7', "x", "two words")
    assert (done.returncode, done.stdout) == (7, "two words\n"), done.stderr


def test_windows_crash_status() -> None:
    """Stands in for Windows: the status of a crash (0xC0000005) is passed on as the number with the same 32 bits."""
    source = launchers._RUN_PROGRAM.format(program="x").replace("subprocess.call(['x'] + sys.argv[1:])", "0xC0000005")
    with pytest.raises(SystemExit) as caught:
        exec(source, {})
    assert isinstance(caught.value.code, int)
    assert caught.value.code & 0xFFFFFFFF == 0xC0000005


def test_windows_companions_of_a_launcher(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: what lies beside the launcher of an entry point in the base is not a script of its own."""
    base = Base(tmp_path / "base", windows=True)
    names = ["demo.exe", "Demo-script.py", "demo.exe.manifest", "demo.cmd", "demo-script.pyw"]
    record = [base.script(name, "#!python\n") for name in names]
    assert windows(directory, base.add("demo", "[console_scripts]\nDEMO = a:b\n", record)).files == ("DEMO.exe",)


def test_windows_batch_file(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: a batch file hands over to the base's; outside of ASCII it can't, and that is said."""
    base = Base(tmp_path / "100%", windows=True)
    record = [base.script("run.cmd", "@echo off\n")]
    distribution = base.add("demo", record=record)
    assert windows(directory, distribution).files == ("run.cmd",)
    path = str(base.bin / "run.cmd").replace("%", "%%")
    assert (directory / "run.cmd").read_bytes() == b"@rem " + MARKER + f'\r\n@"{path}" %*\r\n'.encode()
    assert windows(directory, ours=["run.cmd"]).files == ()
    assert list(directory.iterdir()) == []
    other = Base(tmp_path / "\u00fc", windows=True)
    result = windows(directory, other.add("demo", record=[other.script("run.cmd", "@echo off\n")]))
    assert (result.files, len(result.warnings)) == ((), 1)


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "lpt9.py", "aux.tar", "a:b", "what?", "Python3", "ACTIVATE"])
def test_windows_reserved_names(tmp_path: Path, directory: Path, name: str) -> None:
    """Stands in for Windows: devices, streams and the environment's own names in any case are skipped."""
    base = Base(tmp_path / "base", windows=True)
    result = windows(directory, base.add("demo", f"[console_scripts]\n{name} = a:b\n"))
    assert (result.files, len(result.warnings)) == ((), 1)


def test_windows_names_without_case(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: names that differ in case only are one file."""
    base = Base(tmp_path / "base", windows=True)
    first, second = base.add("a", "[console_scripts]\nTool = a:b\n"), base.add("b", "[console_scripts]\ntool = c:d\n")
    result = windows(directory, first, second)
    assert result.files == ("Tool.exe",)
    assert len(result.warnings) == 1
    assert windows(directory, second, ours=["TOOL.EXE"]).files == ("tool.exe",)


def test_windows_user_site(tmp_path: Path, directory: Path) -> None:
    """Stands in for Windows: the user site has no Lib, and its Scripts beside it."""
    base = Base(tmp_path / "Python312", windows=True, site="site-packages")
    base.script("tool", "#!python\n")
    assert windows(directory, base.add("demo", record=["../Scripts/tool"])).files == ("tool.exe",)


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """An environment that uv filled, as the layer that others inherit from."""
    prefix = tmp_path_factory.mktemp("layer") / "rich"
    uv = (sys.executable, "-m", "uv")
    done = run(*uv, "venv", "--python", sys.executable, prefix)
    assert done.returncode == 0, done.stderr
    python = prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = ("pytest", "coverage", "ruff", "jsonpointer")
    done = run(*uv, "pip", "install", "--python", python, *wanted)
    assert done.returncode == 0, done.stderr
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Base(prefix, windows=os.name == "nt", site=None if os.name == "nt" else f"lib/{version}/site-packages")
    (base.site / "window.py").write_text(SHOW)
    base.add("window", "[gui_scripts]\nwindow = window:main\n")
    return base


@pytest.mark.network
@pytest.mark.slow
def test_environment_over_a_real_layer(layer: Base, tmp_path: Path) -> None:
    """pytest, coverage, ruff, a data script and a gui script of a layer work in an environment that inherits it."""
    prefix = tmp_path / "env"
    done = run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", prefix)
    assert done.returncode == 0, done.stderr
    nt = os.name == "nt"
    directory = prefix / ("Scripts" if nt else "bin")
    python = directory / ("python.exe" if nt else "python")
    own = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())
    (own / "layer.pth").write_text(f"{layer.site}\n")
    distributions = [layer.at(path.name.split("-")[0], path) for path in sorted(layer.site.glob("*.dist-info"))]
    before = {path: path.stat().st_mtime_ns for path in layer.bin.iterdir()}
    result = provide(distributions, directory=directory, python=python)
    assert result.warnings == ()
    assert {"pytest", "py.test", "coverage", "ruff", "jsonpointer", "window"} <= {
        name.removesuffix(".exe") for name in result.files
    }

    for name in ("pytest", "coverage", "ruff"):
        done = run(directory / name, "--version")
        assert done.returncode == 0, done.stderr
        assert name in done.stdout.lower()
    done = run(directory / "window", "x")
    assert (done.returncode, done.stdout) == (3, f"['x'] {python} {prefix}\n"), done.stderr

    (tmp_path / "a.json").write_text('{"a": [1, 2]}')
    (tmp_path / "pointer").write_text("/a/1")
    done = run(directory / "jsonpointer", "-f", tmp_path / "pointer", tmp_path / "a.json")
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr

    test = tmp_path / "test_where.py"
    test.write_text(
        f"import sys\ndef test():\n    assert (sys.executable, sys.prefix) == {(str(python), str(prefix))}\n"
    )
    for command in (["pytest"], ["coverage", "run", f"--data-file={tmp_path / 'data'}", "-m", "pytest"]):
        done = run(directory / command[0], *command[1:], "-p", "no:cacheprovider", "-q", test)
        assert done.returncode == 0, done.stdout + done.stderr
    assert run(directory / "ruff", "check", "--isolated", "--no-cache", "--select", "D", test).returncode == 1

    # A distribution that is now installed in the environment takes its script over, and keeps it.
    done = run(sys.executable, "-m", "uv", "pip", "install", "--python", python, "ruff", "jsonpointer")
    assert done.returncode == 0, done.stderr
    inherited = [each for each in distributions if each.name not in {"ruff", "jsonpointer"}]
    result = provide(inherited, directory=directory, python=python, ours=result.files)
    assert not {"ruff", "ruff.exe", "jsonpointer"} & {*result.files}
    assert run(directory / "ruff", "--version").returncode == 0
    assert run(directory / "jsonpointer", "--help").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in layer.bin.iterdir()} == before

    provide([], directory=directory, python=python, ours=result.files)
    assert not (directory / "pytest").exists()
    assert (directory / "ruff").exists()


@posix
def test_no_more_scripts_than_any_distribution_has(base: Base, directory: Path) -> None:
    """A distribution that names a hundred thousand gets a thousand and one warning, whichever file names them."""
    entries = "[console_scripts]\n" + "".join(f"e{number} = a:b\n" for number in range(100_000))
    record = [base.script("tool", "#!python\n"), *(f"../../../bin/x{number}" for number in range(100_000))]
    result = make(directory, base.add("points", entries), base.add("files", record=record))
    assert len(result.files) == 1001
    assert result.warnings == tuple(
        f"{name} 1.0: it has more than 1000 scripts, the rest is skipped" for name in ("points", "files")
    )


def test_what_is_skipped_is_named_ten_times_and_then_counted(base: Base, directory: Path) -> None:
    """A file full of nonsense does not fill the screen, and hides no warning about another distribution."""
    noise, other = base.add("noise", "[gui_scripts]\n" + "x\n" * 50_000), base.add("other", "[gui_scripts]\nx\n")
    warnings = make(directory, noise, other).warnings
    assert len(warnings) == 12
    assert warnings[-2:] == (
        "noise 1.0: 49990 more of its lines or files are skipped",
        "other 1.0: 'x' in entry_points.txt is skipped: no '='",
    )


@posix
@pytest.mark.parametrize("encoding", ["punycode", "PUNYCODE", "idna"])
def test_an_encoding_of_single_names_is_not_decoded(base: Base, directory: Path, encoding: str) -> None:
    """A script that claims an encoding whose decoder takes hours for a megabyte is skipped at once."""
    content = f"#!python\n# coding: {encoding}\n{'a' * 1_000_000}-{'b' * 1_000_000}"
    result = make(directory, base.add("demo", record=[base.script("slow", content)]))
    assert result.warnings == (
        f"demo 1.0: script 'slow' is skipped: '{encoding.lower()} is no encoding of source code'",
    )


@pytest.mark.parametrize(
    "line", [b"#!" + b" " * 16_000, b"#!/env " + b"-/ " * 5400, b"#!python" + b" -a" * 5400 + b"!"]
)
def test_an_absurd_first_line_is_read_at_once(line: bytes) -> None:
    """It takes no time that grows with the square of its length."""
    start = time.perf_counter()
    for _ in range(20):
        assert python_source(line) is None
    assert time.perf_counter() - start < 5
