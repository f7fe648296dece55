"""What an entry of ``base_python`` names: looked up as tox looks it up, also where tox-uv would not.

tox-uv turns each entry into a request for uv, of which only an absolute path stays a path, and that only in an
environment whose name has no version in it. What names one interpreter has to stay that interpreter.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from python_discovery import KNOWN_IMPLEMENTATIONS, PythonInfo, PythonSpec, get_interpreter
from tox.tox_env.errors import Fail
from tox.tox_env.python.api import PythonInfo as ToxPythonInfo
from tox.tox_env.python.api import VersionInfo
from virtualenv.app_data import make_app_data

from ..environment.bytecode import NO_BYTECODE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from python_discovery import PyInfoCache

_CPYTHON: Final = "cpython"


def spec_of(entry: str) -> PythonSpec:
    """Read an entry, as tox does.

    Raises:
        Fail: When it begins as a version specifier, and is none.
    """
    try:
        return PythonSpec.from_string_spec(entry)
    except ValueError as error:
        raise Fail(f"base_python: {error}; name a path, a version or a version specifier (>=3.11)") from error


def is_path(entry: str) -> bool:
    """Tell whether an entry is a path, and not a name that is looked up."""
    return bool({os.sep, "/"} & {*entry})


def is_program(entry: str) -> bool:
    """Tell whether an entry names a program, by its path or as one on PATH, and says nothing of its version."""
    spec = spec_of(entry)
    known = spec.implementation is None or spec.implementation.lower() in KNOWN_IMPLEMENTATIONS
    return spec.path is not None or not known


def answers(entry: str) -> bool:
    """Tell whether an entry, where it is a path, is that of an interpreter: nothing else has a version to compare."""
    if spec_of(entry).path is None:
        return True
    try:
        return (
            PythonInfo.from_exe(os.path.abspath(entry), _cache(), raise_on_error=False, env=_asking(os.environ))
            is not None
        )
    except (OSError, RuntimeError):
        return False


def look_up(entry: str, *, hints: Sequence[str], variables: Mapping[str, str]) -> PythonInfo | None:
    """Look an entry up, as tox does.

    Args:
        entry: What ``base_python`` says.
        hints: Interpreters that are tried before others (``--discover``).
        variables: The variables whose PATH counts.

    Returns:
        The interpreter; None where there is none.
    """
    try:
        return get_interpreter(entry, try_first_with=hints, cache=_cache(), env=_asking(variables))
    except (OSError, RuntimeError):  # a path of something else than an interpreter
        return None


def hinted(entry: str, *, hints: Sequence[str]) -> PythonInfo | None:
    """Find the first of the interpreters that are to be tried before others that an entry allows."""
    for path in hints:
        if os.path.lexists(path):
            found = PythonInfo.from_exe(os.path.abspath(path), _cache(), raise_on_error=False, env=_asking(os.environ))
            if found is not None and found.satisfies(spec_of(entry), impl_must_match=True):
                return found
    return None


def resolved(found: PythonInfo) -> ToxPythonInfo | None:
    """Describe an interpreter to tox; None where none stands below it that environments could be made over."""
    if found.system_executable is None:
        return None
    version = found.version_info
    return ToxPythonInfo(
        implementation=found.implementation,
        version_info=VersionInfo(version.major, version.minor, version.micro, version.releaselevel, version.serial),
        version=found.version,
        is_64=found.architecture == 64,  # noqa: PLR2004  # bits
        platform=found.platform,
        extra={"executable": found.system_executable},
        free_threaded=found.free_threaded,
        machine=found.machine,
    )


def request(entry: str) -> str:
    """Say in uv's language which interpreters an entry allows, but for their architecture.

    Args:
        entry: What ``base_python`` says, where that is not a program.
    """
    spec = spec_of(entry)
    implementation = (spec.implementation or _CPYTHON).lower()
    variant = ("+freethreaded" if spec.free_threaded else "") + ("+debug" if spec.debug else "")
    if spec.version_specifier is not None:
        return f"{implementation}{spec.version_specifier}{variant}"
    numbers = [str(number) for number in (spec.major, spec.minor, spec.micro) if number is not None]
    return f"{implementation}{'.'.join(numbers)}{variant}"


def says_more(entry: str) -> bool:
    """Tell whether an entry allows fewer interpreters than tox-uv's request for it does."""
    spec = spec_of(entry)
    return spec.version_specifier is not None or spec.micro is not None or bool(spec.debug)


def _cache() -> PyInfoCache:
    """Return the cache that tox and virtualenv share."""
    return make_app_data(None, read_only=False, env=os.environ)


def _asking(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an interpreter that is asked what it is: it leaves no bytecode in the base."""
    return {**variables, **NO_BYTECODE}
