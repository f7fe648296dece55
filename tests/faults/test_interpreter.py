"""Interpreters that can't be asked, or answer with noise around the answer."""

from __future__ import annotations

import os
import py_compile
from typing import TYPE_CHECKING

import pytest

from support.distributions import write

if TYPE_CHECKING:
    from support.bench import Bench

# the base itself must start: tox and virtualenv ask it first
IN_ENVIRONMENT = "import sys\nif sys.prefix != sys.base_prefix:\n    "


@pytest.fixture
def ready(bench: Bench) -> Bench:
    bench.base("alpha", "1.0")
    bench.configure(["alpha"])
    return bench


def customise(bench: Bench, text: str) -> None:
    path = write(bench.site / "sitecustomize.py", text)
    # tox's own discovery of interpreters compiles it where it can, sitediff or not
    py_compile.compile(os.fspath(path))


def test_a_missing_interpreter_is_named_by_tox(ready: Bench) -> None:
    """A base_python that is not there fails with tox's own line and status, and works again once it is."""
    ready.python.rename(ready.python.with_suffix(".away"))
    outcome = ready.tox()
    assert outcome.code == 1
    assert outcome.lines(f"could not find python interpreter matching any of the specs {ready.python}")
    ready.python.with_suffix(".away").rename(ready.python)
    assert ready.tox().code == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("sys.exit('licence \\x1b[31mexpired')", r"licence \x1b[31mexpired", id="exits with a message"),
        pytest.param("import os; os._exit(7)", "exit status 7", id="exits silently"),
        pytest.param("import os; os.abort()", "killed by signal 6", id="crashes"),
        pytest.param("import os; os.close(1)", "", id="closes its output"),
    ],
)
def test_an_interpreter_that_dies_at_start_is_one_message(ready: Bench, text: str, why: str) -> None:
    """It names the interpreter, the reason in printable text and where to look; mended, the next run works."""
    customise(ready, IN_ENVIRONMENT + text)
    outcome = ready.tox()
    assert outcome.code == 1
    (line,) = outcome.lines("can't be asked for its sys.path")
    assert str(ready.env_dir / "bin" / "python") in line
    assert why in line
    assert "sitecustomize" in line
    (ready.site / "sitecustomize.py").unlink()
    assert ready.tox().code == 0
    assert ready.names("reused") == {"alpha": "1.0"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("print('noise {} [1] \\x1b[31m'); sys.stderr.write('more\\n')", id="prints"),
        pytest.param("import io; sys.stdout = io.StringIO(); sys.stderr = None", id="takes the streams away"),
        pytest.param("print(*sys.orig_argv)", id="prints its command line"),
        pytest.param("raise RuntimeError('boom')", id="raises"),
        pytest.param("import atexit; atexit.register(lambda: print(sys.orig_argv))", id="prints at exit"),
        pytest.param("import subprocess; subprocess.Popen(['sleep', '30'])", id="leaves a program behind"),
    ],
)
def test_noise_around_the_answer_does_no_harm(ready: Bench, text: str) -> None:
    """Whatever start-up prints, replaces or leaves running, the answer is found between its fences."""
    # only in the probe: a command that leaves a program behind is tox's to wait for
    customise(ready, f"import sys\nif sys.orig_argv[1:2] == ['-c'] and 'fence' in sys.orig_argv[2]:\n    {text}\n")
    outcome = ready.tox(TOX_SITEDIFF_PROBE_TIMEOUT="20")
    assert outcome.code == 0
    assert ready.names("reused") == {"alpha": "1.0"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import time; time.sleep(60)", id="sleeps"),
        pytest.param("import os; os.system('sleep 60')", id="waits for a program that holds the streams"),
    ],
)
def test_an_interpreter_that_hangs_is_given_up(ready: Bench, text: str) -> None:
    """After the seconds of TOX_SITEDIFF_PROBE_TIMEOUT one message says so, and how to allow more."""
    customise(ready, IN_ENVIRONMENT + text)
    outcome = ready.tox(TOX_SITEDIFF_PROBE_TIMEOUT="1")
    assert outcome.code == 1
    (line,) = outcome.lines("did not answer within 1 seconds")
    assert "TOX_SITEDIFF_PROBE_TIMEOUT" in line
    (ready.site / "sitecustomize.py").unlink()
    assert ready.tox().code == 0


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan", "1e999"])
def test_a_timeout_that_is_no_number_is_named(ready: Bench, text: str) -> None:
    """A value that can't be meant is refused with its variable."""
    outcome = ready.tox(TOX_SITEDIFF_PROBE_TIMEOUT=text)
    assert outcome.code == 1
    assert outcome.lines(f"TOX_SITEDIFF_PROBE_TIMEOUT={text} is not a number of seconds above 0")
