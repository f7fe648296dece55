"""pip's configuration: files and variables, read as ``pip install`` reads them.

The files, their order and the precedence of sections are those of pip's documentation, page "Configuration".
"""

from __future__ import annotations

import configparser
import locale
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ...values import frozen
from .places import configuration_directory, home_directory, system_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ETC = Path("/etc")
_SECTIONS = ("global", "install")


@frozen
class PipOption:
    """One setting, as it stands.

    Attributes:
        name: The name of the option without the leading dashes, such as ``index-url``.
        value: What it is set to; never empty.
        origin: The variable, or the section and the file, for people to find it.
    """

    name: str
    value: str
    origin: str


@frozen
class PipConfig:
    """All settings that reach ``pip install``.

    Attributes:
        options: In the order in which pip applies them: what comes later wins. A name may come more than once, because
            some options accumulate.
        malformed: Files that are there and can't be parsed, at which pip would stop.
    """

    options: tuple[PipOption, ...]
    malformed: tuple[Path, ...]


def read_pip_config(environment: Mapping[str, str], *, prefix: Path, platform: str = sys.platform) -> PipConfig:
    """Read the configuration that pip would read.

    Args:
        environment: The variables that pip would get.
        prefix: The environment that pip would install into and run from.
        platform: A value of ``sys.platform``.

    Returns:
        The settings, whether or not ``pip install`` knows their names.
    """
    environment = system_variables(environment, platform)
    sections: dict[str, dict[str, PipOption]] = {section: {} for section in _SECTIONS}
    malformed = []
    for path in _files(environment, prefix, platform):
        if (parsed := _parse(path)) is None:
            malformed.append(path)
            continue
        for section in _SECTIONS:
            if parsed.has_section(section):
                for key, value in parsed.items(section):
                    name = _normalised(key)
                    origin = f"[{section}] in {path}"
                    sections[section][name] = PipOption(name=name, value=value, origin=origin)
    variables = {}
    for key, value in environment.items():
        if key.startswith("PIP_") and (name := _normalised(key.removeprefix("PIP_"))) not in {"version", "help"}:
            variables[name] = PipOption(name=name, value=value, origin=key)
    merged = (*sections.values(), variables)
    # pip drops empty values last: an empty one hides one of the same section in a file before, but not other sections.
    options = tuple(option for section in merged for option in section.values() if option.value)
    return PipConfig(options=options, malformed=tuple(malformed))


def _normalised(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _parse(path: Path) -> configparser.RawConfigParser | None:
    """Parse a file; an unreadable one is empty for pip, a malformed one is None here and the end for pip."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8" if sys.flags.utf8_mode else locale.getencoding())
    except (configparser.Error, UnicodeDecodeError):
        return None
    return parser


def _files(environment: Mapping[str, str], prefix: Path, platform: str) -> Iterator[Path]:
    """Yield the places of pip's configuration files, the least important first."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == ("nul" if platform == "win32" else os.devnull):
        return
    basename = "pip.ini" if platform == "win32" else "pip.conf"
    for directory in _global_directories(environment, platform):
        yield directory / basename
    if not (named and Path(named).exists()):
        home = home_directory(environment, platform)
        yield home / ("pip" if platform == "win32" else ".pip") / basename
        yield _user_directory(environment, platform) / basename
    yield prefix / basename
    if named:
        yield Path(named)


def _global_directories(environment: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        yield Path(environment.get("PROGRAMDATA") or environment.get("ALLUSERSPROFILE") or "C:\\ProgramData") / "pip"
        return
    variable, default = (
        ("XDG_DATA_DIRS", "/Library/Application Support")
        if platform == "darwin"
        else ("XDG_CONFIG_DIRS", str(_ETC / "xdg"))
    )
    # Relative entries are invalid by the XDG specification.
    listed = [entry for entry in environment.get(variable, "").split(":") if Path(entry).is_absolute()]
    for directory in listed or [default]:
        yield Path(directory) / "pip"
    if platform != "darwin":
        yield _ETC


def _user_directory(environment: Mapping[str, str], platform: str) -> Path:
    if platform != "darwin":
        return configuration_directory(environment, platform) / "pip"
    home = home_directory(environment, platform)
    xdg = Path(environment.get("XDG_DATA_HOME", ""))
    support = (xdg if xdg.is_absolute() else home / "Library" / "Application Support") / "pip"
    return support if support.is_dir() else home / ".config" / "pip"
