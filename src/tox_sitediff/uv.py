"""uv, the one resolver and installer (edge): where it is, and what a dry run would do."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from .errors import EnvironmentProblem
from .probe import patience
from .render import printable
from .requirements import InvalidRequirement, key, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.utils import NormalizedName

OLDEST: Final = Version("0.12.18")
"""The first uv whose ``pip install`` tells a dry run's outcome as JSON."""

_LOGGER: Final = logging.getLogger(__name__)
# as Ctrl-C and a polite kill end it: on POSIX, as a shell says it, on Windows
_INTERRUPTED: Final = frozenset({-2, -15, 130, 143, 0xC000013A})
_NO_CACHE: Final = re.compile(r"error: Failed to initialize cache at `(?P<path>.*)`(?:\s*cause:)?")

_REQUIRES: Final = re.compile(
    r"^DEBUG Adding transitive dependency for (?P<name>[\w.-]+)(?:\[[^\]]*\])?==(?P<version>\S+): (?P<requirement>.+)$",
    re.MULTILINE,
)
_CONSIDERS: Final = re.compile(r"^DEBUG Searching for a compatible version of ([\w.-]+)", re.MULTILINE)
_MARKER: Final = re.compile(r"\{[^{}]*\}")
# a version takes in its local versions: uv writes `V+` for all that comes behind them, and knows ranges alone
_RANGES: Final = tuple(
    (re.compile(pattern.replace("V", r"([^\s,+|]+)", 1).replace("V", r"\1") + r"(?=\s*(?:,|$))"), words)
    for pattern, words in (
        (r">=\s*V,\s*<V\+", r"==\1"),
        (r"<\s*V\s*\|\s*>=V\+", r"!=\1"),
        (r"<=?V\+", r"<=\1"),
        (r">=V\+", r">\1"),
    )
)
_LOG: Final = ("DEBUG ", "TRACE ", "INFO ", "Using Python ")

# each of them would lead uv away from the environment that it is to fill, some of them to the base
_MISLEADING: Final = (
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_TARGET",
    "UV_PREFIX",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One change that uv would make: a name that it would install, and the version where it is known."""

    name: NormalizedName
    version: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """The outcome of a dry run.

    Attributes:
        changes: What would be installed; none where uv failed.
        cached: Whether all of it lies in uv's cache, as far as uv's message tells.
        message: What uv said on its standard error, its log included.
    """

    changes: tuple[Change, ...] | None
    cached: bool
    message: str

    def considered(self) -> set[NormalizedName]:
        """Read from uv's log the names that it looked for, chosen in the end or not.

        No release promises the form of that log. Where it is another one this is nothing, and an older version may be
        chosen where the newest goes only with what the base alone has.
        """
        return {key(name) for name in _CONSIDERS.findall(self.message)}


@cache
def find_uv() -> Path:
    """Find the uv that came with this package, or the one on ``PATH``.

    Returns:
        The program.

    Raises:
        EnvironmentProblem: When there is none.
    """
    try:
        from uv import find_uv_bin  # a distribution may ship the program without the module

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        pass
    if (found := shutil.which("uv")) is not None:
        return Path(found)
    raise EnvironmentProblem(
        "uv was not found, neither beside Python nor on PATH; install it: python -m pip install uv"
    )


@cache
def check_version(uv: Path) -> Version:
    """Make sure that a uv is new enough.

    Args:
        uv: The program.

    Returns:
        Its version.

    Raises:
        EnvironmentProblem: When it can't be run, or is too old.
    """
    seconds = patience()
    try:
        done = subprocess.run(
            [os.fspath(uv), "--version"], capture_output=True, input=b"", timeout=seconds, check=False
        )
    except OSError as error:
        raise _useless(uv, error.strerror or str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise _useless(uv, f"no answer to --version within {seconds:g} seconds") from error
    out = done.stdout.decode("utf-8", "replace")
    try:
        version = Version(out.split()[1])
    except (IndexError, InvalidVersion) as error:
        said = (out or done.stderr.decode("utf-8", "replace")).strip().partition("\n")[0]
        raise _useless(
            uv, f"--version ended with status {done.returncode} and said {printable(said) or 'nothing'}"
        ) from error
    if version < OLDEST:
        raise EnvironmentProblem(
            f"{uv} is uv {version}, but {OLDEST} or newer is needed; upgrade it: python -m pip install --upgrade uv"
        )
    return version


def _useless(uv: Path | str, why: str) -> EnvironmentProblem:
    return EnvironmentProblem(f"{uv} does not work ({why}); reinstall it: python -m pip install --force-reinstall uv")


def uv_environment(environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """Make the variables with which uv fills one environment and nothing else.

    Args:
        environment: The variables that the user and the front end set.
        prefix: The environment's directory.

    Returns:
        The same, pointed at the environment.
    """
    result = {name: value for name, value in environment.items() if name not in _MISLEADING}
    result["VIRTUAL_ENV"] = os.fspath(prefix)
    return result


def as_dry_run(command: Sequence[str]) -> list[str] | None:
    """Turn a ``uv pip install`` command into its dry run.

    Args:
        command: The whole command, with or without a path before ``uv`` and options between the words.

    Returns:
        The command that tells as JSON what it would do, and in its log how it came to that; none where this is no
        ``uv pip install``.
    """
    if not command or Path(command[0]).name.lower() not in {"uv", "uv.exe"}:
        return None
    if (at := _install_at(command)) is None:
        return None
    quiet = {"-q", "-qq", "--quiet"}
    rest = [argument for argument in command[at:] if argument not in quiet]
    options = ["--dry-run", "--output-format", "json", "--color", "never", "-v"]
    return [*command[:at], *options, *rest]


def _install_at(command: Sequence[str]) -> int | None:
    """Tell where the arguments of ``pip install`` begin; none where a command is another one."""
    try:
        return command.index("install", command.index("pip") + 1) + 1
    except ValueError:
        return None


def behind_install(command: Sequence[str]) -> Sequence[str]:
    """Return what stands behind ``pip install`` in a command; nothing where that does not occur."""
    at = _install_at(command)
    return () if at is None else command[at:]


def with_arguments(command: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Put further arguments right behind ``pip install``, or at the end where that does not occur."""
    at = _install_at(command)
    at = len(command) if at is None else at
    return [*command[:at], *arguments, *command[at:]]


def aimed(command: Sequence[str], python: Path) -> list[str]:
    """Point ``uv pip install`` at an environment, so that no setting of a user's can make it fill another one.

    Args:
        command: The command; one that names a place itself stays as it is.
        python: The environment's interpreter.

    Returns:
        The command that fills that environment.
    """
    if {"-p", "--python", "--target", "--prefix", "--system"} & {word.partition("=")[0] for word in command}:
        return list(command)
    return with_arguments(command, ("--python", os.fspath(python)))


def dry_run(command: Sequence[str], *, environment: Mapping[str, str], directory: Path) -> DryRun:
    """Ask uv what it would do.

    Args:
        command: What `as_dry_run` made.
        environment: The variables for uv.
        directory: Where to run it.

    Returns:
        What it would install, or its message where it failed.

    Raises:
        EnvironmentProblem: When it can't be run at all.
    """
    done = _run(command, environment=environment, directory=directory)
    if done.returncode in _INTERRUPTED:
        raise EnvironmentProblem(f"{command[0]} was interrupted while it planned; nothing was installed")
    message = done.stderr.decode("utf-8", "replace")
    changes = None
    if done.returncode == 0:
        try:
            changes = _changes(json.loads(done.stdout))
        except ValueError:
            changes = None
    elif (found := _NO_CACHE.search(message)) is not None:
        why = " ".join(message[found.end() :].split())
        raise EnvironmentProblem(
            f"uv can't use its cache {printable(found['path'])} ({printable(why)}); "
            "set UV_CACHE_DIR to a directory that can be written"
        )
    else:
        check_version(Path(command[0]))  # only now: it takes as long as all else that is local
    return DryRun(changes=changes, cached="Would download" not in message, message=message)


def requirements_told(message: str) -> dict[NormalizedName, dict[str, tuple[str, ...]]]:
    """Read from uv's log what the distributions that it looked at require.

    No release promises the form of that log: what is not found in it is unknown, and nothing may depend on it but
    what people are told of a plan.

    Args:
        message: What a dry run said on its standard error.

    Returns:
        By name and version, requirements that apply in the environment, with the extras that were asked for.
    """
    found: dict[NormalizedName, dict[str, list[str]]] = {}
    for line in _REQUIRES.finditer(message):
        versions = found.setdefault(key(line["name"]), {})
        # uv writes "any version" as a star, and a marker, which applies here, behind the name
        requirement = _MARKER.sub("", line["requirement"]).removesuffix("*")
        for pattern, words in _RANGES:
            requirement = pattern.sub(words, requirement)
        with suppress(InvalidRequirement):
            parse(requirement)
            versions.setdefault(line["version"], []).append(requirement)
    return {name: {version: tuple(lines) for version, lines in versions.items()} for name, versions in found.items()}


def said(message: str) -> str:
    """Leave out of what uv said all that is its log."""
    return "".join(line for line in message.splitlines(keepends=True) if not line.startswith(_LOG))


def _run(
    command: Sequence[str], *, environment: Mapping[str, str], directory: Path
) -> subprocess.CompletedProcess[bytes]:
    """Run uv; where that takes long, make sure that it works at all, and say what is waited for."""
    try:
        # never the null device: under some runners a process without standard streams dies
        with subprocess.Popen(
            command,
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                out, err = _answer(process, command)
            except BaseException:
                process.kill()
                raise
            return subprocess.CompletedProcess(command, process.returncode, out, err)
    except OSError as error:
        raise _useless(command[0], error.strerror or str(error)) from error


def _answer(process: subprocess.Popen[bytes], command: Sequence[str]) -> tuple[bytes, bytes]:
    seconds = patience()
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        check_version(Path(command[0]))
        # a resolution may take minutes, so it is not given up; tox shows the line with the environment's name
        _LOGGER.warning("sitediff: uv has been planning for %g seconds and goes on: %s", seconds, " ".join(command))
        return process.communicate()


def _changes(data: object) -> tuple[Change, ...] | None:
    if not isinstance(data, dict) or not isinstance(listed := data.get("changes"), list):
        return None
    changes = []
    for item in listed:
        if not isinstance(item, dict) or not isinstance(name := item.get("name"), str):
            return None
        version = item.get("version")
        if item.get("action") != "uninstalled":
            changes.append(Change(name=key(name), version=version if isinstance(version, str) else None))
    return tuple(changes)
