"""Other programs: started in one way, with a time limit, and with one message where they do not work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tox_sitediff.errors import EnvironmentProblem
from tox_sitediff.programs import Answer, ask, show, useless

posix = pytest.mark.skipif(os.name == "nt", reason="what Windows does not have")


def python(script: str) -> list[str]:
    return [sys.executable, "-I", "-c", script]


def test_an_answer_is_all_that_a_program_says() -> None:
    """Nothing of it reaches the user, and a failure is an answer too."""
    script = "import sys; print('out'); print('err\\udcff', file=sys.stderr); sys.exit(3)"
    found = ask([sys.executable, "-X", "utf8", "-c", script])
    assert (found.status, found.out.split(), found.was_interrupted) == (3, [b"out"], False)
    assert found.said.strip() == "err\\udcff"


def test_there_is_nothing_to_read_and_no_null_device() -> None:
    """A program that reads its standard input gets the end of a pipe: with the null device some die."""
    script = "import os, stat, sys; print(sys.stdin.read() == '', stat.S_ISFIFO(os.fstat(0).st_mode))"
    assert ask(python(script)).out.split() == [b"True", b"True"]


def test_variables_and_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "1")
    script = "import os; print(os.environ.get('ONE'), os.environ.get('TWO')); print(os.getcwd())"
    system = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    found = ask(python(script), variables={**system, "TWO": "2"}, directory=tmp_path).out.decode().splitlines()
    assert (found[0], Path(found[1])) == ("None 2", tmp_path)
    assert ask(python(script)).out.decode().splitlines()[0] == "1 None"


def test_a_program_that_does_not_answer_is_given_up_and_gone(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    script = f"import time, pathlib; time.sleep(2); pathlib.Path({os.fspath(mark)!r}).touch()"
    with pytest.raises(EnvironmentProblem, match=r"no answer to -I -c .* within 0\.5 seconds"):
        ask(python(script), limit=0.5)
    assert not mark.exists()
    time.sleep(2)
    assert not mark.exists()


def test_a_slow_program_may_go_on() -> None:
    """Who waits is told once, and gets the answer all the same."""
    slow: list[float] = []
    found = ask(
        python("import time; print('a', flush=True); time.sleep(1); print('b')"), limit=0.3, on_slow=slow.append
    )
    assert (slow, found.out.split()) == ([0.3], [b"a", b"b"])
    assert ask(python("print('c')"), limit=60, on_slow=slow.append).out.split() == [b"c"]
    assert slow == [0.3]


def test_who_is_told_of_a_slow_program_can_give_it_up(tmp_path: Path) -> None:
    def refuse(seconds: float) -> None:
        raise EnvironmentProblem(f"given up after {seconds:g}")

    mark = tmp_path / "mark"
    script = f"import time, pathlib; time.sleep(3); pathlib.Path({os.fspath(mark)!r}).touch()"
    with pytest.raises(EnvironmentProblem, match=r"given up after 0\.3"):
        ask(python(script), limit=0.3, on_slow=refuse)
    assert not mark.exists()


@posix
def test_an_interruption_ends_the_program_too(tmp_path: Path) -> None:
    """Where Ctrl-C reaches us alone, what we started does not go on."""
    mark = tmp_path / "mark"
    inner = f"import time; time.sleep(2); open({os.fspath(mark)!r}, 'w')"
    outer = f"from tox_sitediff.programs import ask; ask([{sys.executable!r}, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stderr=subprocess.PIPE) as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert b"KeyboardInterrupt" in err
    time.sleep(2.5)
    assert not mark.exists()


@pytest.mark.parametrize("run", [ask, show])
def test_a_program_that_is_not_there_is_named(tmp_path: Path, run: object) -> None:
    assert callable(run)
    path = tmp_path / "uv"
    with pytest.raises(EnvironmentProblem) as caught:
        run([os.fspath(path)])
    assert str(caught.value).startswith(f"{path} does not work (")
    assert str(caught.value).endswith("; reinstall it: python -m pip install --force-reinstall uv")
    with pytest.raises(EnvironmentProblem, match=r"does not work \(embedded null"):
        run([sys.executable, "\0"])


@posix
def test_a_directory_that_is_not_there_is_no_fault_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match=f"^{tmp_path / 'missing'}: No such file or directory; "):
        ask(python(""), directory=tmp_path / "missing")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(-2, True), (-15, True), (130, True), (143, True), (0xC000013A, True), (0, False), (2, False)],
)
def test_an_interruption_is_known_by_the_status(status: int, expected: bool) -> None:
    assert Answer(status=status).was_interrupted == expected


def test_what_is_shown_goes_where_ours_goes(capfd: pytest.CaptureFixture[str]) -> None:
    """A program that the user sees writes on our streams, but for what we want ourselves."""
    script = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(5)")
    assert show(script) == Answer(status=5)
    shown = capfd.readouterr()
    assert (shown.out.split(), shown.err.split()) == (["out"], ["err"])
    assert show(script, out=2).status == 5
    shown = capfd.readouterr()
    assert (shown.out, sorted(shown.err.split())) == ("", ["err", "out"])
    assert show(script, out=subprocess.PIPE).out.split() == [b"out"]
    assert capfd.readouterr().out == ""


def test_where_we_have_no_input_a_program_has_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    found = show(python("import sys; print(repr(sys.stdin.read()))"), out=subprocess.PIPE)
    assert found.out.split() == [b"''"]


def test_another_program_than_uv_is_not_reinstalled_as_uv() -> None:
    assert str(useless("/base/bin/python", "it crashed")) == "/base/bin/python does not work (it crashed); reinstall it"
    assert str(useless(Path("UV.exe"), "x")).endswith("--force-reinstall uv")
