"""The options of ``uv pip install``, and of pip's: which have a value, and which change nothing that is there already.

What is in no table here is a new one, or one that uv does not show: uv is asked whether a value belongs to it, and
decides what it means (edge).
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from ..errors import EnvironmentProblem
from ..programs import ask, patience
from .program import find_uv

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FILES: Final = frozenset({"-r", "--requirement", "--requirements"})
CONSTRAINTS: Final = frozenset({"-c", "--constraint", "--constraints"})
EDITABLE: Final = frozenset({"-e", "--editable"})
IGNORING: Final = frozenset({"--override", "--overrides", "--exclude", "--excludes"})
RENEWING: Final = frozenset({
    "-P", "-U", "--force-reinstall", "--reinstall", "--reinstall-package", "--upgrade", "--upgrade-package",
})  # fmt: skip
"""What says which distributions are to be taken anew, and nothing of where from."""
EXACT: Final = "--exact"
LOOKING: Final = frozenset({"--check", "--dry-run"})
"""With these uv changes nothing."""
# options that say where to look and how to build, never whether what is installed is good enough
_HARMLESS_WITH_VALUE: Final = frozenset({
    "-f", "-i", "-p", "--allow-insecure-host", "--cache-dir", "--color", "--default-index", "--extra-index-url",
    "--find-links", "--index", "--index-strategy", "--index-url", "--keyring-provider", "--link-mode", "--no-binary",
    "--no-build-isolation-package", "--no-build-package", "--only-binary", "--prerelease", "--python", "--resolution",
    "--trusted-host",
})  # fmt: skip
_HARMLESS: Final = frozenset({
    "-n", "-q", "-v", "-vv", "--compile", "--compile-bytecode", "--managed-python", "--native-tls",
    "--no-build-isolation", "--no-cache", "--no-cache-dir", "--no-compile", "--no-index", "--no-managed-python",
    "--no-progress", "--no-python-downloads", "--offline", "--pre", "--quiet", "--refresh", "--system-certs",
    "--verbose",
})  # fmt: skip
# those of uv and of pip that may well say that; here to know their value from a requirement
_DECIDING_WITH_VALUE: Final = frozenset({
    "-C", "-P", "-b", "-d", "-t", "--abi", "--build-constraint", "--build-constraints", "--cert", "--client-cert",
    "--config-file", "--config-setting", "--config-settings", "--config-settings-package", "--directory", "--exclude",
    "--exclude-newer", "--exclude-newer-package", "--excludes", "--exists-action", "--extra", "--fork-strategy",
    "--global-option", "--group", "--implementation", "--log", "--no-editable-package", "--no-sources-package",
    "--output-format", "--override", "--overrides", "--platform", "--prefix", "--preview-features",
    "--prerelease-package", "--project", "--proxy", "--python-platform", "--python-preference", "--python-version",
    "--refresh-package", "--reinstall-package", "--report", "--requirements-from-script", "--retries", "--root",
    "--root-user-action", "--src", "--target", "--timeout", "--torch-backend", "--upgrade-group", "--upgrade-package",
    "--upgrade-strategy", "--uploaded-prior-to",
})  # fmt: skip
_DECIDING: Final = frozenset({
    "-U", "-h", "--all-extras", "--break-system-packages", "--check", "--dry-run", "--exact", "--force-reinstall",
    "--help", "--no-break-system-packages", "--no-build", "--no-config", "--no-deps", "--no-editable", "--no-sources",
    "--no-verify-hashes", "--reinstall", "--require-build-hashes", "--require-hashes", "--strict", "--system",
    "--upgrade", "--user", "--verify-hashes",
})  # fmt: skip
# pip's, which uv refuses although they change nothing that matters here
_PIP_ONLY: Final = frozenset({
    "--debug", "--no-clean", "--no-input", "--no-python-version-warning", "--no-warn-conflicts",
    "--no-warn-script-location", "--prefer-binary", "--use-pep517",
})  # fmt: skip
_PIP_ONLY_WITH_VALUE: Final = frozenset({
    "--log", "--progress-bar", "--retries", "--root-user-action", "--timeout", "--use-deprecated", "--use-feature",
})  # fmt: skip
_WITH_VALUE: Final = FILES | CONSTRAINTS | EDITABLE | _HARMLESS_WITH_VALUE | _DECIDING_WITH_VALUE | _PIP_ONLY_WITH_VALUE
_KNOWN: Final = _WITH_VALUE | _HARMLESS | _DECIDING | _PIP_ONLY
_SETTINGS: Final = {"--config-file": "UV_CONFIG_FILE", "--no-config": "UV_NO_CONFIG", "--project": "UV_PROJECT"}
_COUNTED: Final = re.compile("-(?:q+|v+)")


def is_harmless(option: str) -> bool:
    """Tell whether an option says nothing of whether what is installed already is good enough."""
    known = _HARMLESS | _HARMLESS_WITH_VALUE | _PIP_ONLY | _PIP_ONLY_WITH_VALUE
    return option in known or _COUNTED.fullmatch(option) is not None


def option_of(argument: str) -> tuple[str, str | None]:
    """Take an argument apart.

    Args:
        argument: One argument of ``uv pip install``, or of pip's.

    Returns:
        The option, and the value that is in the same argument, if any.
    """
    if argument.startswith("--"):
        option, equals, value = argument.partition("=")
        return option, value if equals else None
    if argument[:2] in _WITH_VALUE and len(argument) > 2:  # noqa: PLR2004
        return argument[:2], argument[2:].lstrip("= ")
    return argument, None


def takes_value(option: str) -> bool:
    """Tell whether an option of ``uv pip install`` (or of pip's) has a value; of one that is new, uv is asked."""
    if option in _KNOWN or not option.startswith("--") or option == "--":
        return option in _WITH_VALUE
    return _needs_value(option)


@cache
def _needs_value(option: str) -> bool:
    """Ask uv, which tells of a missing value before it tells that nothing is asked for."""
    try:
        answer = ask([os.fspath(find_uv()), "pip", "install", "--offline", option], limit=patience())
    except EnvironmentProblem:  # which is said where uv is needed
        return False
    return f"a value is required for '{option}" in answer.said


def without(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Take options out of arguments, with their values.

    Args:
        arguments: Arguments of ``uv pip install``.
        options: The options.

    Returns:
        All others, in their order.
    """
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, value = option_of(argument)
        if option == "--":
            return [*kept, argument, *rest]
        words = [argument, next(rest, "")] if value is None and takes_value(option) else [argument]
        kept += [] if option in options else words
    return kept


def settings_of(arguments: Sequence[str]) -> dict[str, str]:
    """Say with variables of uv's what options say of where its settings are.

    Args:
        arguments: Arguments of ``uv pip install``.

    Returns:
        The variables that mean the same; none where no such option is given.
    """
    found: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        option, value = option_of(argument)
        if option == "--":
            break
        if value is None and takes_value(option):
            value = next(rest, "")
        if option in _SETTINGS:
            found[_SETTINGS[option]] = "1" if value is None else value
    return found


def without_pip_only(arguments: Sequence[str]) -> list[str]:
    """Drop the options of pip that uv refuses and that change nothing about what is installed.

    Args:
        arguments: Arguments that were meant for pip.

    Returns:
        The same arguments without them.
    """
    kept: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        option, value = option_of(argument)
        if option == "--":
            return [*kept, argument, *rest]
        if option in _PIP_ONLY:
            continue
        if option in _PIP_ONLY_WITH_VALUE:
            if value is None:
                next(rest, "")
            continue
        kept.append(argument)
    return kept
