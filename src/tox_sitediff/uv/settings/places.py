"""Where a program with these variables looks for its user's files (edge)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def system_variables(environment: Mapping[str, str], platform: str) -> Mapping[str, str]:
    """Give the variables under the names by which a program of that platform finds them.

    Args:
        environment: The variables.
        platform: A value of ``sys.platform``.

    Returns:
        The same mapping; on Windows, where the case of a name does not count, one with upper-case names.
    """
    return {name.upper(): value for name, value in environment.items()} if platform == "win32" else environment


def home_directory(environment: Mapping[str, str], platform: str) -> Path:
    """Find the home directory as a program with these variables does.

    Args:
        environment: The variables, as :func:`system_variables` gives them.
        platform: A value of ``sys.platform``.

    Returns:
        The directory; it need not exist.
    """
    if platform == "win32":
        drive_and_path = environment.get("HOMEDRIVE", "") + environment.get("HOMEPATH", "")
        named = environment.get("USERPROFILE") or drive_and_path
    else:
        named = environment.get("HOME", "")
    if named:
        return Path(named)
    try:
        import pwd
    except ImportError:
        return Path.home()
    # Not expanduser("~"): that reads the HOME of this process, and not that of the environment.
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path("/")


def _roaming_directory(environment: Mapping[str, str], platform: str) -> Path:
    """Find the directory of the user's settings on Windows, which a program asks the system for.

    Args:
        environment: The variables, as :func:`system_variables` gives them.
        platform: A value of ``sys.platform``.

    Returns:
        The directory; it need not exist.
    """
    # tox does not hand APPDATA on by default, and the system knows the directory all the same.
    named = environment.get("APPDATA")
    return Path(named) if named else home_directory(environment, platform) / "AppData" / "Roaming"


def configuration_directory(environment: Mapping[str, str], platform: str) -> Path:
    """Find the directory of the user's settings: on Windows the roaming one, elsewhere the one that XDG names.

    https://specifications.freedesktop.org/basedir-spec/latest/

    Args:
        environment: The variables, as :func:`system_variables` gives them.
        platform: A value of ``sys.platform``.

    Returns:
        The directory; it need not exist.
    """
    if platform == "win32":
        return _roaming_directory(environment, platform)
    xdg = Path(environment.get("XDG_CONFIG_HOME", ""))
    return xdg if xdg.is_absolute() else home_directory(environment, platform) / ".config"
