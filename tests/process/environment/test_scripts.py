"""Scripts of inherited distributions.

Where a test passes ``windows=True`` on another system it stands in for Windows: names, layout and content are those of
Windows, and a launcher is run as ``python NAME.exe``, which is what distlib's stub does with itself once it has read
the line in front of its zip. That the stub itself starts is for a test on Windows.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import zipfile
from importlib import resources
from pathlib import Path

import pytest

from support.scripts import PYTHON, SHOW, Base, itself, make, run, windows
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
        assert (done.returncode, done.stdout) == (3, f"['a b', 'c'] {itself()}\n"), done.stderr
        assert (directory / name).stat().st_mode & 0o777 == 0o755


@posix
@pytest.mark.parametrize("linked", ["the program", "its directory"])
def test_an_interpreter_behind_a_link(tmp_path: Path, base: Base, directory: Path, linked: str) -> None:
    """A script names the interpreter as it was given, and runs under what that one takes itself for."""
    link = tmp_path / "link"
    link.symlink_to(PYTHON if linked == "the program" else PYTHON.parent)
    python = link if linked == "the program" else link / PYTHON.name
    (base.site / "demo.py").write_text(SHOW)
    make(directory, base.add("demo", "[console_scripts]\ndemo = demo:main\n"), python=python)
    done = run(directory / "demo", "x", env={"PYTHONPATH": str(base.site)})
    assert (done.returncode, done.stdout) == (3, f"['x'] {itself(python)}\n"), done.stderr


@posix
def test_object_in_a_class(base: Base, directory: Path) -> None:
    """A dotted attribute is called as it stands."""
    (base.site / "demo.py").write_text("class App:\n    @staticmethod\n    def run():\n        print('ran')\n")
    make(directory, base.add("demo", "[console_scripts]\ndemo = demo:App.run"))
    assert run(directory / "demo", env={"PYTHONPATH": str(base.site)}).stdout == "ran\n"


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
    assert (done.returncode, done.stdout) == (3, f"['x'] {itself()}\n"), done.stderr


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
        archive.writestr("__main__.py", "import sys; print('zip', sys.executable, sys.prefix)")
    make(directory, base.add("demo", record=[base.script("app", b"#!/usr/bin/python3\n" + stream.getvalue())]))
    assert run(directory / "app").stdout == f"zip {itself()}\n"


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
    assert (done.returncode, done.stdout) == (3, f"['a b'] {itself()}\n"), done.stderr
    before = (directory / "demo.exe").stat().st_mtime_ns
    assert windows(directory, distribution, ours=result.files) == result
    assert (directory / "demo.exe").stat().st_mtime_ns == before
    assert windows(directory, ours=result.files).files == ()
    assert list(directory.iterdir()) == []


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
