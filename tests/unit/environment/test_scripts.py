"""Scripts of inherited distributions.

Where a test passes ``windows=True`` on another system it stands in for Windows: names, layout and content are those of
Windows, and a launcher is run as ``python NAME.exe``, which is what distlib's stub does with itself once it has read
the line in front of its zip. That the stub itself starts is for a test on Windows.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
import tempfile
import time
from errno import ENOSPC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.scripts import PYTHON, Base, make, windows
from tox_sitediff.environment import scripts
from tox_sitediff.environment.launchers import MARKER
from tox_sitediff.environment.scripts import Provided, provide

posix = pytest.mark.skipif(os.name == "nt", reason="runs what was made for POSIX")


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "base")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    path = tmp_path / "env" / "bin"
    path.mkdir(parents=True)
    return path


# --- entry points -----------------------------------------------------------------------------------------------------


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
        *("python", "python3.12", "pythonw", "activate", "activate_this.py", "activate.fish", "Activate.ps1", "PYTHON"),
        *("pyvenv.cfg", "PyVenv.CFG", "pybuilddir.txt", "python312._pth", "python._pth", "python311.zip"),
        *("python.py", "python3-intel64", "python3-config", "pypy3", "pypy3.10-c", "deactivate", "csv.py", "json.pyw"),
        *("__pycache__", "typing.cpython-311-x86_64-linux-gnu.so"),
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
    """Names that only look like the environment's own, or like a module of the standard library, are written."""
    names = ("activate-global-python-argcomplete", "json", "pip3", "python-argcomplete-tcsh", "rst2html.py", "pyvenv")
    text = "".join(f"{name} = pip:main\n" for name in names)
    assert make(directory, base.add("pip", f"[console_scripts]\n{text}")).files == tuple(sorted(names))


@given(
    names=st.lists(st.text(min_size=1, max_size=12) | st.sampled_from(["../x", "python3", "Activate", "CON", "a:b"])),
    lines=st.lists(st.text(max_size=20) | st.from_regex(r"(\.\./){0,5}(bin|etc)?/?[a-z.]{0,5}", fullmatch=True)),
    on_windows=st.booleans(),
)
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
def test_nothing_is_written_where_the_directory_of_scripts_is_a_link(base: Base, tmp_path: Path) -> None:
    """It would be written into the base, or wherever that leads; nor is anything removed there."""
    (tmp_path / "bin").symlink_to(base.bin)
    old = make(base.bin, base.add("old", "[console_scripts]\nold = a:b\n"))
    result = make(tmp_path / "bin", base.add("demo", "[console_scripts]\na = a:b\n"), ours=old.files)
    assert (result.files, len(result.warnings)) == ((), 1)
    assert [path.name for path in base.bin.iterdir()] == ["old"]


@posix
def test_a_link_out_of_the_prefix_is_not_copied(tmp_path: Path, base: Base, directory: Path) -> None:
    """The copy could be read by all, and if root makes it, what the link leads to is perhaps a file of root alone."""
    secret = tmp_path / "private" / "secret.py"
    secret.parent.mkdir()
    secret.write_text("#!/usr/bin/python\nPASSWORD = 'x'\n")
    (base.bin / "evil").symlink_to(secret)
    (base.bin / "twice").symlink_to("evil")
    (base.bin / "inner").symlink_to("good")
    base.script("good", "#!/usr/bin/python\n")
    record = [f"{base.up}/{name}" for name in ("evil", "twice", "inner", "good")]
    result = make(directory, base.add("demo", record=record))
    assert result.files == ("good", "inner")
    why = "is skipped: a link leads to it, out of its prefix"
    assert result.warnings == tuple(f"demo 1.0: script '{name}' {why}" for name in ("evil", "twice"))
    base.bin.rename(tmp_path / "bin")
    base.bin.symlink_to(tmp_path / "private")
    result = make(directory, base.add("other", record=[f"{base.up}/secret.py"]))
    assert (result.files, result.warnings) == ((), (f"other 1.0: script 'secret.py' {why}",))


@posix
def test_a_distribution_that_is_linked_as_a_whole_keeps_its_scripts(
    tmp_path: Path, base: Base, directory: Path
) -> None:
    """As Nix, Spack and conda do it; not where the file is somebody else's than the link."""
    store = Base(tmp_path / "store" / "demo")
    there = store.add("demo", record=[store.script("tool", "#!/usr/bin/python\n")])
    metadata = base.site / Path(there.path).name
    metadata.symlink_to(there.path)
    (base.bin / "tool").symlink_to(store.bin / "tool")
    assert make(directory, base.at("demo", metadata)) == Provided(files=("tool",), warnings=())
    if os.geteuid() == 0:
        os.chown(store.bin / "tool", 65534, 65534)
        assert make(directory, base.at("demo", metadata)).files == ()


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


# --- faults -----------------------------------------------------------------------------------------------------------


@posix
def test_disk_full(base: Base, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk names the file that could not be written, and leaves nothing of this call."""
    distribution = base.add("demo", "[console_scripts]\na = a:b\nb = a:b\nc = a:b\n")
    make(directory, base.add("early", "[console_scripts]\nb = a:b\n"))
    calls = iter(range(10))

    def rename(source: Path, target: Path) -> None:
        if next(calls) == 1:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        Path(source).rename(target)

    monkeypatch.setattr(os, "replace", rename)
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
def test_interpreter_that_is_not_utf8(base: Base, directory: Path) -> None:
    """Python source is UTF-8, so is its first line: without that no script is made, and what is there stays."""
    result = make(directory, base.add("demo"), python=Path(os.fsdecode(b"/\xff/python")), ours=["x"])
    assert result.files == ("x",)
    assert result.warnings[0].isprintable()


# --- Windows ----------------------------------------------------------------------------------------------------------


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


KEPT = re.compile(scripts._KEPT)  # what is said of names without an expression is what it would say
IMPORTED = re.compile(r"(\w+)\.(?:py|pyw|pyc|pyd|so|.*\.(?:so|pyd))", re.DOTALL)
PIECES = (
    *("python", "Python", "pypy", "graalpy", "de", "activate", "pyvenv.cfg", "pybuilddir.txt", "__pycache__", "json"),
    *("w", "3", ".", "t", "-config", ".exe", ".py", ".so", ".cpython-311.so", ".pyd", "._pth", ".zip", "_x", "\u017f"),
)


def test_names_are_refused_as_the_expressions_say() -> None:
    """They take longer to compile than a run takes for all of its scripts, so that most names are judged without."""
    for pieces in itertools.chain.from_iterable(itertools.product(PIECES, repeat=count) for count in (1, 2, 3)):
        name = "".join(pieces)
        reason = scripts._refusal(name, windows=False, fold=False)
        module = IMPORTED.fullmatch(name)
        if KEPT.fullmatch(name.casefold()):
            assert reason == "the name is the environment's own", name
        elif module is not None and module[1] in sys.stdlib_module_names:
            assert reason is not None, name
            assert f"the module {module[1]} of" in reason, name
        elif name not in {".", ".."}:
            assert reason is None, name
