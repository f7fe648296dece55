"""nox sessions install the difference: the real nox, its backends, over a base."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.bases.made import clean_environment, uv_program
from support.projects import Project, Run
from tox_sitediff.core.record import from_json
from tox_sitediff.environment.pyvenv import inherits

if TYPE_CHECKING:
    from pathlib import Path

    from support.bases.made import MakeBase
    from tox_sitediff.core.record import Record

pytest.importorskip("nox")

HEAD = "import nox\nfrom tox_sitediff.nox import session\n"


class Nox:
    """A directory to run nox in."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root

    def file(self, text: str, *, backend: str = "uv") -> None:
        """Write a noxfile: ``PYTHON`` in it is the base's interpreter."""
        options = f"nox.options.default_venv_backend = {backend!r}\nPYTHON = {str(self.project.base.python)!r}\n"
        self.project.write("noxfile.py", "")
        (self.root / "noxfile.py").write_text(HEAD + options + text, encoding="utf-8")

    def __call__(self, *arguments: str, **variables: str) -> Run:
        """Run nox, and wait for it."""
        done = subprocess.run(
            [sys.executable, "-m", "nox", *arguments],
            cwd=self.root,
            env={**self.project.environment(), "NO_COLOR": "1", **variables},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Run(code=done.returncode, out=done.stdout, err=done.stderr)

    def directory(self, env: str) -> Path:
        return self.root / ".nox" / env

    def record(self, env: str) -> Record:
        return from_json(json.loads((self.directory(env) / "sitediff.json").read_text(encoding="utf-8")))

    def installed(self, env: str) -> set[str]:
        """What lies in an environment, but for what nox itself puts there."""
        site = next((self.directory(env) / "lib").glob("python*/site-packages"))
        names = {path.name.removesuffix(".dist-info") for path in site.glob("*.dist-info")}
        return {name for name in names if name.partition("-")[0] not in {"pip", "setuptools", "wheel"}}


@pytest.fixture
def nox(stock: Project) -> Nox:
    """A project for nox over the rich base."""
    return Nox(stock)


def rows(run: Run) -> list[list[str]]:
    """The rows of the table, which goes to the standard error."""
    return Run(code=0, out=run.err, err="").table()


TWO = """
@session(python=PYTHON)
def tests(session):
    session.install("frame", "runner-mock")
    session.run("runner", "frame", "runner_mock", *session.posargs)
"""


@pytest.mark.parametrize("backend", ["uv", "virtualenv", "venv"])
def test_a_session_takes_what_the_base_has(nox: Nox, backend: str) -> None:
    """Only what is missing is installed, console scripts of the base are there, the base is named, a table is shown."""
    nox.file(TWO, backend=backend)
    run = nox("--", "numlib").ok()
    assert run.lines(f"frame is 2.1.0 in {nox.project.base.site}")
    assert run.lines(f"numlib is 1.26.0 in {nox.project.base.site}")
    assert run.lines(f"runner runs in {nox.directory('tests')}")
    assert nox.installed("tests") == {"runner_mock-3.1"}
    record = nox.record("tests")
    assert {item.name for item in record.reused} == {"dates", "frame", "hooks", "numlib", "runner"}
    assert len(run.lines(f"sitediff: base {nox.project.base.python}")) == 1
    assert [row[:2] for row in rows(run)] == [["tests", "5"]]
    copy = nox.root / ".nox" / ".cache" / "sitediff" / "tests-sitediff.json"
    assert from_json(json.loads(copy.read_text(encoding="utf-8"))) == record


def test_forms_of_the_decorator(nox: Nox) -> None:
    """With and without arguments, parametrized on either side, by name and tags, as ``nox.session`` takes them."""
    nox.file(
        """
nox.options.sessions = ["bare", "one", "other", "named", "matrix"]
WANT = "import sys; print('%s', sys.version_info[0])"

@session
def bare(session: nox.Session) -> None:
    session.install("tiny")
    session.run("python", "-c", WANT % "bare")

@session(python=[PYTHON])
@nox.parametrize("low", [True, False])
def one(session, low):
    session.install("tiny==1.0" if low else "tiny")
    session.run("python", "-c", WANT % f"one {low}")

@nox.parametrize("python", [PYTHON])
@session(tags=["some"])
def other(session):
    session.run("python", "-c", WANT % "other")

@session(None, PYTHON, name="named", default=False, requires=["bare"])
def function(session):
    "What it is for."
    assert session.name == "named"
    session.run("python", "-c", WANT % "named")

@session(python=PYTHON, venv_params=["--prompt", "mine"], reuse_venv=True)
@nox.parametrize("a,b", [(1, 2)], ids=["both"])
def matrix(session, a, b):
    session.run("python", "-c", WANT % (a + b))
"""
    )
    run = nox().ok()
    for text in ("bare 3", "one True 3", "one False 3", "other 3", "named 3", "3 3"):
        assert text in run.out.splitlines(), run.out
    assert len(rows(run)) == 7  # and a total
    assert "prompt = mine" in (nox.directory("matrix-both") / "pyvenv.cfg").read_text("utf-8")
    listing = nox("--list").ok()
    assert listing.lines("named -> What it is for.")
    assert not rows(listing)
    again = nox("--tags", "some").ok()
    assert [row[0] for row in rows(again)] == [f"other-{nox.project.base.python}"] or len(rows(again)) == 1


def test_no_install_leaves_a_reused_environment_alone(nox: Nox) -> None:
    """With ``-R`` nothing is installed, and the environment of the run before serves."""
    nox.file(TWO)
    nox().ok()
    nox.file(TWO.replace('"frame", "r', '"frame", "tiny", "r', 1))
    run = nox("-R").ok()
    assert not run.lines("sitediff install")
    assert nox.installed("tests") == {"runner_mock-3.1"}
    assert len(rows(run)) == 1
    nox("-r").ok()
    assert nox.installed("tests") == {"runner_mock-3.1", "tiny-1.1"}
    assert not nox("-r", "--install-only").ok().lines("runner runs in")


def test_an_environment_that_does_not_inherit_is_made_anew(nox: Nox) -> None:
    """nox would reuse it as it is: full, and blind to the base; with sitediff off again, that is undone too."""
    plain = TWO.replace("@session", "@nox.session")
    nox.file(plain)
    nox().ok()
    assert "frame-2.1.0" in nox.installed("tests")
    nox.file(TWO)
    run = nox("-R").ok()
    assert run.lines("made anew: it does not inherit from its base")
    assert nox.installed("tests") == {"runner_mock-3.1"}
    assert not nox("-r").ok().lines("made anew")
    run = nox("-r", TOX_SITEDIFF="0").ok()
    assert run.lines("made anew")
    assert "frame-2.1.0" in nox.installed("tests")
    assert not inherits(nox.directory("tests"))
    assert not rows(run)
    nox("-r").ok()
    nox.file(TWO.replace("python=PYTHON", "python=PYTHON, sitediff=False"))
    nox("-r").ok()
    assert "frame-2.1.0" in nox.installed("tests")


def test_a_base_that_changed(nox: Nox, make_base: MakeBase) -> None:
    """A reused environment is made anew where its base no longer has what it relies on, and the reason is said."""
    nox.project.base = base = make_base("frame==2.1.0", "runner==7.4.0")
    nox.file(TWO)
    nox().ok()
    base.install(nox.project.index, "numlib==2.0.0", "frame==2.1.0", "--no-deps", "--reinstall")
    run = nox("-R").ok()
    assert run.lines("made anew: ")
    assert run.lines("numlib")
    assert "numlib-1.26.0" in nox.installed("tests")
    assert {item.name for item in nox.record("tests").shadowed} == {"numlib"}


def test_a_killed_run_is_healed(nox: Nox) -> None:
    """An environment that was left in the middle of an installation is made anew, although nox would reuse it."""
    nox.file(TWO)
    nox().ok()
    state = nox.directory("tests") / ".sitediff-state.json"
    state.write_text(state.read_text("utf-8").replace('"installing": false', '"installing": true'), "utf-8")
    assert nox("-r").ok().lines("made anew: an earlier run was stopped while it installed")
    state.write_text("{", "utf-8")
    assert nox("-r").ok().lines("is missing or damaged")


@pytest.mark.parametrize("backend", ["uv", "virtualenv"])
def test_ways_to_say_what_is_installed(nox: Nox, backend: str) -> None:
    """Requirements and constraints files, editables, groups, scripts with dependencies, from where the session is."""
    nox.project.package('dependencies = ["numlib"]', rest='[dependency-groups]\ntest = ["tiny", "dates"]\n')
    nox.project.write("sub/requirements.txt", "svglib\n-c limits.txt\n")
    nox.project.write("sub/limits.txt", "tiny<1.1\n")
    nox.project.write(
        "script.py",
        '# /// script\n# dependencies = ["meter", "tiny"]\n# ///\nimport meter, tiny, sys\nprint(sys.argv)\n',
    )
    nox.file(
        """
@session(python=PYTHON)
def tests(session):
    session.install("-e", ".")
    with session.chdir("sub"):
        session.install("-r", "requirements.txt", "tiny", "--quiet")
    session.install("--group", "test")
    session.install(*nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test"))
    out = session.run("python", "-c", "import demo; print(demo.__file__)", silent=True)
    session.log("demo is %s", out.strip())
    session.install_and_run_script("script.py", "word")
""",
        backend=backend,
    )
    run = nox().ok()
    assert run.lines(f"demo is {nox.root / 'src' / 'demo'}")
    assert run.lines("['script.py', 'word']")
    assert nox.installed("tests") == {"demo-1.0", "svglib-1.5", "tiny-1.0"}
    assert {item.name for item in nox.record("tests").reused} == {"dates", "meter", "numlib"}


def test_arguments_that_only_one_installer_knows(nox: Nox) -> None:
    """uv's own go to uv, and pip's that mean nothing for the outcome are left out where pip would have been used."""
    nox.file(
        """
@session(python=PYTHON, venv_backend="uv")
def first(session):
    session.install("tiny", "--resolution", "lowest", env={"UV_LINK_MODE": "copy"})
    session.install("--dry-run", "numlib", "tiny==1.1")
    session.install("--check", "numlib", "tiny")

@session(python=PYTHON, venv_backend="virtualenv")
def second(session):
    session.install("tiny", "--disable-pip-version-check", "--progress-bar", "off", "--no-warn-script-location")
"""
    )
    run = nox().ok()
    assert run.lines("would be installed: tiny 1.1; nothing was changed")
    assert run.lines("would be installed: nothing; nothing was changed")
    assert nox.installed("first") == {"tiny-1.0"}
    assert nox.installed("second") == {"tiny-1.1"}


def test_pips_configuration_counts_where_pip_would_have_installed(nox: Nox) -> None:
    """``PIP_CONSTRAINT`` means the same to uv in environments of virtualenv, and nothing in those of uv."""
    nox.project.write("limits.txt", "tiny<1.1\n")
    nox.file(
        """
@session(python=PYTHON, venv_backend="uv")
def first(session):
    session.install("tiny")

@session(python=PYTHON, venv_backend="virtualenv")
def second(session):
    session.install("tiny")
"""
    )
    nox(PIP_CONSTRAINT=str(nox.root / "limits.txt")).ok()
    assert nox.installed("first") == {"tiny-1.1"}
    assert nox.installed("second") == {"tiny-1.0"}


def test_keywords_of_ours(nox: Nox) -> None:
    """Names can be left to the environment, layers stacked, and a session kept clean."""
    layer = nox.root / "layer"
    command: list[str | Path] = ["pip", "install", "--target", layer, "--python", nox.project.base.python, "svglib"]
    subprocess.run(
        [uv_program(), *command, "--no-index", "--find-links", nox.project.index.directory],
        env=clean_environment(),
        check=True,
        capture_output=True,
    )
    nox.file(
        """
@session(python=PYTHON, sitediff_exclude=["Numlib"], sitediff_layers=["layer"])
def some(session):
    session.install("frame", "svglib")

@session(python=PYTHON, sitediff=False)
def clean(session):
    session.install("frame")
"""
    )
    run = nox().ok()
    assert nox.installed("some") == {"numlib-1.26.0"}
    assert nox.installed("clean") == {"frame-2.1.0", "numlib-1.26.0", "dates-2.9.0"}
    assert [row[0] for row in rows(run)] == ["some"]


SEEN = """
@session(python=PYTHON, sitediff_visibility={mode!r}, sitediff_declare={declare!r})
def tests(session):
    session.install("frame")
    session.run("python", "-c", "import frame, unrelated, meter", success_codes=[{code}])
"""


def test_what_sessions_see_of_the_base(nox: Nox) -> None:
    """Named behind the table, or hidden; another mode has the environment made anew; a wrong one is refused."""
    nox.file(SEEN.format(mode="report", declare=["meter"], code=0))
    run = nox("-R").ok()
    assert [item.name for item in nox.record("tests").undeclared] == ["unrelated"]
    assert [line.split()[:2] for line in run.lines(": import unrelated")] == [["tests", "unrelated"]]
    assert not nox("-R").ok().lines("made anew")
    assert [item.name for item in nox.record("tests").undeclared] == ["unrelated"]
    nox.file(SEEN.format(mode="declared", declare=[], code=0))
    run = nox("-r")
    assert run.code == 1
    assert run.lines("made anew: sitediff_visibility, sitediff_declare changed")
    assert run.lines("No module named 'unrelated'")
    assert run.lines("distributions of the base are out of sight here")
    nox.file(SEEN.format(mode="all", declare=[], code=0))
    assert nox("-r").failed().lines("sitediff_visibility='all': choose one of base, report, declared")


def test_errors_are_shown_as_nox_shows_them(nox: Nox) -> None:
    """What uv says, what the audit finds, what is wrong with a layer: each shown by nox, without a traceback."""
    nox.file(
        """
@session(python=PYTHON)
def unsolvable(session):
    session.install("tiny==9")

@session(python=PYTHON, sitediff_layers=["nowhere"])
def layered(session):
    session.install("tiny")

@session(python=PYTHON)
def gap(session):
    session.install("frame")
    session.install("numlib>=2")

@session(python=PYTHON)
def missing(session):
    session.install("-r", "missing.txt")

@session(python=PYTHON)
def checked(session):
    session.install("--check", "tiny")

@session(python=PYTHON)
def after(session):
    session.install("tiny")
"""
    )
    run = nox().failed()
    assert run.lines("the environment does not meet what is asked for: missing are tiny 1.1")
    assert run.lines("there is no version of tiny==9")
    assert run.lines("unsolvable: failed")
    assert run.lines("Session layered aborted: the layer ")[0].count("nowhere")
    assert run.lines("Session gap aborted: the environment does not meet what was declared")
    assert run.lines("  frame 2.1.0 -> numlib<2: found 2.0.0")
    assert run.lines("    way out: take numlib out of session.install, or take frame out of session.install")
    assert run.lines("File not found: missing.txt")
    assert run.lines("missing: failed")
    assert run.lines("after: success")


def test_other_backends_are_noxs_own(nox: Nox) -> None:
    """Without an environment, and with conda, the session is the one that nox made."""
    # stands in for micromamba, which is not here: makes a prefix with a Python that tells how it was called
    fake = nox.project.write(
        "bin/micromamba",
        """\
        #!/bin/sh
        prefix=
        while [ $# -gt 0 ]; do case $1 in --prefix) prefix=$2;; esac; shift; done
        mkdir -p "$prefix/bin" "$prefix/conda-meta"
        printf '#!/bin/sh\\necho conda python "$@"\\n' > "$prefix/bin/python"
        chmod +x "$prefix/bin/python"
        """,
    )
    fake.chmod(0o755)
    nox.file(
        """
@session(python=False)
def none(session):
    assert type(session) is nox.Session
    session.run("python", "-c", "pass")

@session(venv_backend="micromamba")
def conda(session):
    assert type(session) is nox.Session
    session.install("tiny", silent=False)
"""
    )
    run = nox(PATH=f"{fake.parent}:{clean_environment()['PATH']}").ok()
    assert run.lines("conda python -m pip install tiny")
    assert not rows(run)


def test_sessions_in_parallel(nox: Nox) -> None:
    """``nox --parallel`` runs each session in a process of its own, and ends with one table of all of them."""
    if "--parallel" not in nox("--help").out:
        pytest.skip("this nox has no --parallel")
    nox.file(TWO + TWO.replace("def tests", "def more"))
    run = nox("--parallel", "2").ok()
    assert sorted(row[0] for row in rows(run)) == ["more", "tests", "total"]
    assert nox.installed("more") == {"runner_mock-3.1"}


def test_a_nox_within_a_session_has_a_table_of_its_own(nox: Nox) -> None:
    """What a session starts takes no part in the table of the run around it."""
    inner = nox.project.write("inner/noxfile.py", HEAD + TWO.replace("PYTHON", repr(str(nox.project.base.python))))
    nox.file(
        f"""
@session(python=PYTHON)
def outer(session):
    session.run({sys.executable!r}, "-m", "nox", "-db", "uv", "-f", {str(inner)!r}, external=True)
"""
    )
    run = nox().ok()
    heads = [
        line for line in run.err.splitlines() + run.out.splitlines() if line.split()[:2] == ["environment", "reused"]
    ]
    assert len(heads) == 2
    assert re.search(r"^outer +0 +0 ", run.err, re.MULTILINE)


def test_the_interpreter_of_an_environment_is_a_layer(nox: Nox) -> None:
    """Where ``python`` names an environment's interpreter, its packages are stacked, and that is said."""
    below = nox.root / "below"
    for arguments in (
        ["venv", "--system-site-packages", "--python", str(nox.project.base.python), str(below)],
        [
            "pip",
            "install",
            "--python",
            str(below),
            "--no-index",
            "--find-links",
            str(nox.project.index.directory),
            "tiny",
        ],
    ):
        subprocess.run([uv_program(), *arguments], env=clean_environment(), check=True, capture_output=True)
    nox.file(TWO.replace("PYTHON", repr(str(below / "bin" / "python"))).replace('"frame"', '"frame", "tiny"'))
    run = nox().ok()
    assert run.lines(f"python names the virtual environment {below}")
    assert nox.installed("tests") == {"runner_mock-3.1"}


def test_nox_is_loaded_by_its_own_front_end_alone() -> None:
    """Neither tox's plugin nor the command line imports nox, which is an extra."""
    code = (
        "import sys, tox_sitediff.tox_plugin.entry, tox_sitediff.tox_plugin.stock, tox_sitediff.cli.main;"
        "print('nox' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_copies_of_records_are_not_reported_twice(nox: Nox) -> None:
    """``sitediff report`` of nox's directory shows each environment once; the copies are there for themselves."""
    nox.file(TWO)
    nox().ok()
    for place in (".nox", ".nox/.cache/sitediff"):
        command = [sys.executable, "-c", "import sys; from tox_sitediff.cli.main import main; sys.exit(main())"]
        done = subprocess.run(
            [*command, "report", "--format", "json", place], cwd=nox.root, capture_output=True, text=True, check=True
        )
        assert [record["env"] for record in json.loads(done.stdout)["records"]] == ["tests"]


def test_an_environment_without_pip_of_its_own(nox: Nox) -> None:
    """With virtualenv's ``--no-seed`` the base's pip serves, under the environment's interpreter."""
    nox.file(
        TWO.replace("python=PYTHON", "python=PYTHON, venv_backend='virtualenv', venv_params=['--no-seed']")
        + "    session.run('pip', '--version')\n"
    )
    run = nox().ok()
    assert run.lines(f"from {nox.project.base.site}")
    site = next((nox.directory("tests") / "lib").glob("python*/site-packages"))
    assert not list(site.glob("pip-*"))
