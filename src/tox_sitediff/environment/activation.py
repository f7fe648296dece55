"""What activating a conda base would set for an environment's commands (edge: a shell runs the base's scripts).

Packages from conda find their data through variables: ``PROJ_DATA``, ``GDAL_DATA``, ``SSL_CERT_FILE``, compilers'
``CC`` and ``CFLAGS``. ``conda activate`` sets them from three places
(https://docs.conda.io/projects/conda/en/stable/dev-guide/deep-dives/activation.html): ``etc/conda/env_vars.d/*.json``,
``conda-meta/state``, and the scripts in ``etc/conda/activate.d``. An environment over that base is not activated by
anybody. PATH is not among what is worked out: the environment has its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import EnvironmentProblem
from ..files import parse_json, put_json, read_text
from ..programs import ask
from ..text import printable
from ..user_cache import make, part
from .bytecode import NO_BYTECODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    _Seen = tuple[Mapping[str, str], Mapping[str, str]]

PART: Final = "activation"
"""Where what was worked out lies in the user cache."""
LIMIT: Final = 15.0
"""Seconds that all scripts of a base may take together."""
_FORMAT: Final = 2
"""Of what is kept; a higher one where it is worked out in another way."""
_STEP: Final = "tox-sitediff activated"
_UNSET: Final = "***unset***"
"""What conda writes for a variable that is to be taken away."""
_OF_THE_SHELL: Final = frozenset({"_", "OLDPWD", "PATH", "PS1", "PWD", "SHLVL", "PROMPT", "ERRORLEVEL"})
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_()]*")
_KEPT: Final = ("HOME", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "WINDIR")
_POSIX: Final = 'for script; do . "$script"; done >/dev/null 2>&1; printf "%s\\0" "$STEP"; exec env -0'


def activation(
    prefix: Path, *, variables: Mapping[str, str], warn: Callable[[str], None], windows: bool = os.name == "nt"
) -> dict[str, str]:
    """Work out what activating a base would set beyond PATH.

    Args:
        prefix: The prefix of the base.
        variables: The user's variables; of these only where his home and temporary files are counts.
        warn: Takes a line for people, where something is missing because a script does not work.
        windows: Whether the scripts are those of Windows.

    Returns:
        Variables, sorted by name; none where the base is not conda's.
    """
    if not (prefix / "conda-meta").is_dir():
        return {}
    scripts = _listed(prefix / "etc" / "conda" / "activate.d", ".bat" if windows else ".sh")
    settings = [*_listed(prefix / "etc" / "conda" / "env_vars.d", ".json"), prefix / "conda-meta" / "state"]
    set_by_files = _read(settings)
    if not scripts:
        return dict(sorted(set_by_files.items()))
    kept = _kept_in(_fingerprint(prefix, [*scripts, *settings]))
    if kept is not None and (known := _known(kept)) is not None:
        return known
    start = {name: variables[name] for name in _KEPT if name in variables}
    # a script may run the base's Python, which is to leave no bytecode there
    start |= NO_BYTECODE | _entered(prefix, windows=windows) | set_by_files
    names = ", ".join(script.name for script in scripts)
    off = "what they set is missing; mend them, or turn this off: sitediff_activate = false"
    try:
        seen = (_in_cmd if windows else _in_shell)(scripts, start)
    except EnvironmentProblem as error:
        warn(f"the activation scripts of {prefix} ({printable(names)}) do not work ({error}): {off}")
        return dict(sorted(set_by_files.items()))
    if seen is None:
        warn(f"one of the activation scripts of {prefix} ({printable(names)}) ends the shell: {off}")
        return dict(sorted(set_by_files.items()))
    before, after = seen
    before = {name: value for name, value in before.items() if name not in set_by_files}
    found = {
        name: value
        for name, value in sorted(after.items())
        if before.get(name) != value and name.upper() not in _OF_THE_SHELL and _NAME.fullmatch(name)
    }
    if kept is not None:
        with suppress(OSError):  # it is as good without
            make(kept.parent)
            put_json(kept, found)
    return found


def _listed(directory: Path, suffix: str) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.name.endswith(suffix) and path.is_file())
    except OSError:
        return []


def _read(files: Sequence[Path]) -> dict[str, str]:
    """Read variables that stand in files: of packages as an object, of the environment below ``env_vars``."""
    found: dict[str, str] = {}
    for path in files:
        try:
            data = parse_json(read_text(path) or "{}")
        except ValueError:  # conda says so when it is used
            continue
        if path.name == "state" and isinstance(data, dict):
            data = data.get("env_vars")
        if isinstance(data, dict):
            found |= {
                name: value
                for name, value in data.items()
                if isinstance(value, str) and _NAME.fullmatch(name) and name.upper() not in _OF_THE_SHELL
            }
    return {name: value for name, value in found.items() if value != _UNSET and "\0" not in value}


def _entered(prefix: Path, *, windows: bool) -> dict[str, str]:
    """What conda itself sets before the scripts run."""
    if windows:
        places = [prefix, prefix / "Library" / "bin", prefix / "Scripts"]
        system = [os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")]
    else:
        places = [prefix / "bin"]
        system = os.defpath.split(os.pathsep)
    return {
        "PATH": os.pathsep.join([*map(os.fspath, places), *filter(None, system)]),
        "CONDA_PREFIX": os.fspath(prefix),
        "CONDA_DEFAULT_ENV": prefix.name,
        "CONDA_SHLVL": "1",
        "CONDA_PROMPT_MODIFIER": "",
    }


def _in_shell(scripts: Sequence[Path], start: Mapping[str, str]) -> _Seen | None:
    """Source scripts in one shell; return its variables before and after, None where one of them ended it."""
    shell = shutil.which("bash") or "/bin/sh"
    command = [shell, "-c", _POSIX, shell, *map(os.fspath, scripts)]
    directory = Path(start["CONDA_PREFIX"])
    answer = ask(command, variables={**start, "STEP": _STEP}, directory=directory, limit=LIMIT)
    before, step, after = os.fsdecode(answer.out).partition(f"{_STEP}\0")
    return (start, _pairs(after.split("\0"))) if step and not before else None


def _in_cmd(scripts: Sequence[Path], start: Mapping[str, str]) -> _Seen | None:
    """Call batch files in one command interpreter, as `_in_shell`.

    A batch file of ours calls them, by variables: on a command line, its quotes and ours would not be told apart, and
    in a file, no name would survive that the code page lacks. It prints in UTF-16, and first what Windows adds.
    """
    named = {f"SITEDIFF_STEP_{at}": os.fspath(script) for at, script in enumerate(scripts)}
    lines = ['cd /d "%CONDA_PREFIX%"', "set", f"echo {_STEP}"]
    lines += [f'call "%{name}%" >nul 2>&1 <nul' for name in named]
    lines += [f"echo {_STEP}", "set"]
    with tempfile.TemporaryDirectory(prefix="sitediff-") as directory:
        steps = Path(directory) / "steps.bat"
        steps.write_bytes("".join(f"@{line}\r\n" for line in lines).encode("ascii"))
        command = [start.get("COMSPEC", "cmd.exe"), "/d", "/u", "/c", f".\\{steps.name}"]
        answer = ask(command, variables={**start, **named}, directory=steps.parent, limit=LIMIT)
    parts = answer.out.decode("utf-16-le", "replace").split(f"{_STEP}\r\n")
    if len(parts) != 3 or parts[1]:  # noqa: PLR2004
        return None
    return _pairs(parts[0].split("\r\n")), _pairs(parts[2].split("\r\n"))


def _pairs(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, equals, value in pairs if equals and name not in {"STEP", ""}}


def _fingerprint(prefix: Path, files: Sequence[Path]) -> str | None:
    """Name what decides; None where something can't be looked at."""
    parts: list[object] = [_FORMAT, os.fspath(prefix)]
    for path in files:
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return None
        parts.append((path.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _kept_in(fingerprint: str | None) -> Path | None:
    cache = part(PART)
    return None if cache is None or fingerprint is None else cache / f"{fingerprint}.json"


def _known(path: Path) -> dict[str, str] | None:
    """Read what was worked out before; None where there is nothing, or it is damaged."""
    try:
        data = parse_json(read_text(path) or "")
    except ValueError:
        return None
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        return None
    return {str(name): str(value) for name, value in data.items()}
