"""What uv's own configuration sets, without asking uv.

The places and their precedence are those of uv's documentation, page "Configuration files"; the variables those of the
page "Environment variables" and the keys those of the page "Settings".
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.closure import Constraint
from ...core.requirements import InvalidRequirement, parse, parse_anew
from ...core.requirements import key as normalised
from ...files import read_toml
from ...text import is_on, redacted
from ...values import frozen
from .places import configuration_directory, system_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.utils import NormalizedName


def _names(text: str, *, prefix: str = "") -> frozenset[str]:
    return frozenset(prefix + name for name in text.split())


_ETC = Path("/etc")
_MOST_KEPT = 32
_UNSETTLED = 2_500_000_000
"""Nanoseconds after a change within which another one may leave a file with the same times."""

_HARMLESS_KEYS = _names(
    # Where from, and over which wire.
    "index default-index index-url extra-index-url no-index find-links index-strategy keyring-provider "
    "allow-insecure-host "
    "http-proxy https-proxy no-proxy system-certs native-tls offline "
    # Which of several candidates, once something has to be installed.
    "resolution prerelease prerelease-package fork-strategy exclude-newer exclude-newer-package "
    # How a distribution is built, unpacked and cached. Not config-settings and extra-build-*: uv records these beside
    # what it builds, and compares them.
    "no-build no-build-package no-binary no-binary-package no-build-isolation no-build-isolation-package "
    "require-build-hashes build-constraint-dependencies link-mode compile-bytecode cache-dir no-cache cache-keys "
    # uv itself, its interpreters, its publishing.
    "required-version python-preference python-downloads python-install-mirror pypy-install-mirror "
    "graalpy-install-mirror pyodide-install-mirror python-downloads-json-url concurrent-downloads concurrent-builds "
    "concurrent-installs publish-url trusted-publishing check-url audit "
    # The project's metadata, which `uv pip install NAME` does not read.
    "add-bounds environments required-environments minimum-libc-version conflicts workspace sources no-sources "
    "no-sources-package managed package default-groups dependency-groups dev-dependencies build-backend"
)

LOWEST = "lowest"
"""How the names of the resolutions begin that take the lowest versions: ``lowest`` and ``lowest-direct``."""

_IGNORING_KEYS = _names("override-dependencies exclude-dependencies")

_CONSTRAINING_KEY = "constraint-dependencies"

_HARMLESS_PIP_KEYS = _names(
    "python system break-system-packages index-url extra-index-url no-index find-links index-strategy keyring-provider "
    "no-build no-binary only-binary no-build-isolation no-build-isolation-package require-build-hashes strict "
    "resolution prerelease fork-strategy exclude-newer exclude-newer-package link-mode compile-bytecode no-sources "
    "no-sources-package verify-hashes allow-empty-requirements "
    # `uv pip compile` alone reads these.
    "output-file no-strip-extras no-strip-markers no-annotate no-header custom-compile-command generate-hashes "
    "universal no-emit-package emit-index-url emit-find-links emit-build-options emit-marker-expression "
    "emit-index-annotation annotation-style"
)

_HARMLESS_VARIABLES = _names(
    "DEFAULT_INDEX INDEX EXTRA_INDEX_URL FIND_LINKS INDEX_STRATEGY KEYRING_PROVIDER INSECURE_HOST OFFLINE "
    "SYSTEM_CERTS NATIVE_TLS REQUEST_TIMEOUT CREDENTIALS_DIR NETRC GITHUB_TOKEN NO_GITHUB_FAST_PATH "
    "RESOLUTION PRERELEASE FORK_STRATEGY EXCLUDE_NEWER "
    "NO_BUILD NO_BUILD_PACKAGE NO_BINARY NO_BINARY_PACKAGE NO_BUILD_ISOLATION REQUIRE_BUILD_HASHES "
    "BUILD_CONSTRAINT LINK_MODE COMPILE_BYTECODE COMPILE_BYTECODE_TIMEOUT CACHE_DIR NO_CACHE LOCK_TIMEOUT "
    "NO_INSTALLER_METADATA HIDE_BUILD_OUTPUT GIT_LFS SKIP_WHEEL_FILENAME_CHECK "
    "PYTHON MANAGED_PYTHON NO_MANAGED_PYTHON SYSTEM_PYTHON BREAK_SYSTEM_PACKAGES PYPY_INSTALL_MIRROR "
    "GRAALPY_INSTALL_MIRROR PYODIDE_INSTALL_MIRROR "
    "NO_PROGRESS NO_WRAP LOG_CONTEXT SHOW_RESOLUTION STACK_SIZE RUN_RECURSION_DEPTH RUN_MAX_RECURSION_DEPTH "
    "ENV_FILE NO_ENV_FILE PROJECT_ENVIRONMENT "
    "FROZEN LOCKED NO_SYNC DEV NO_DEV NO_GROUP NO_DEFAULT_GROUPS ISOLATED NO_SOURCES NO_SOURCES_PACKAGE "
    "NO_VERIFY_HASHES CUSTOM_COMPILE_COMMAND "
    # These only choose the files that are read here.
    "CONFIG_FILE NO_CONFIG NO_SYSTEM_CONFIG",
    prefix="UV_",
)

_HARMLESS_PREFIXES = (
    "UV_CONCURRENT_",
    "UV_HTTP_",
    "UV_INDEX_",  # the credentials of one index, and UV_INDEX_URL
    "UV_INIT_",
    "UV_INTERNAL__PARENT_",  # `python -m uv` tells uv where it was started from
    "UV_PUBLISH_",
    "UV_PYTHON_",
    "UV_TOOL_",
    "UV_UPLOAD_",
    "UV_VENV_",
)


@frozen
class Setting:
    """One key that a file sets.

    Attributes:
        key: As in the page "Settings", of the ``pip`` table as ``pip.KEY``. The list ``index`` is here ``index`` where
            it adds one, and ``default-index`` where it names the main one.
        path: The file.
        of_project: Whether that came with the project, rather than that somebody on this machine wrote it.
    """

    key: str
    path: Path
    of_project: bool

    def __str__(self) -> str:
        """Say where it is, for people to find it."""
        return f"{'index' if self.key == 'default-index' else self.key} in {self.path}"


@frozen
class UvConfig:
    """The names of what uv's configuration files set.

    Attributes:
        settings: All that is set, the file that counts most first.
        unreadable: A file that uv reads is there and could not be understood.
        ignored: Requirements that take the place of what metadata say, and names that are left out of it.
        constraints: Limits on versions, each with the file that sets it.
        resolution: Which of several versions are chosen; None where no file says it.
        requires_hashes: Whether everything has to have a hash.
    """

    settings: tuple[Setting, ...] = ()
    unreadable: bool = False
    ignored: frozenset[str] = frozenset()
    constraints: tuple[tuple[str, Path], ...] = ()
    resolution: str | None = None
    requires_hashes: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all settings."""
        return frozenset(setting.key for setting in self.settings)


def read_uv_config(environment: Mapping[str, str], *, project: Path, platform: str = sys.platform) -> UvConfig:
    """Find out what uv's configuration files set.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.
        platform: A value of ``sys.platform``.

    Returns:
        The names of all settings in all files that uv would merge.
    """
    environment = system_variables(environment, platform)
    settings: list[Setting] = []
    ignored: set[str] = set()
    constraints: list[tuple[str, Path]] = []
    resolution: str | None = None
    requires_hashes: bool | None = None
    unreadable = False
    # abspath and not resolve(): uv follows the path as it is named, through symbolic links.
    start = Path(os.path.abspath(project / environment.get("UV_PROJECT", "")))
    for path, table, of_project in _tables(environment, start, platform):
        if table is None:
            unreadable = True
            continue
        said = _mapping(table.get("pip")).get("resolution", table.get("resolution"))
        if resolution is None and isinstance(said, str):  # the first file counts
            resolution = said
        hashes = _mapping(table.get("pip")).get("require-hashes")
        if requires_hashes is None and isinstance(hashes, bool):
            requires_hashes = hashes
        settings += [Setting(key=key, path=path, of_project=of_project) for key in _keys(table)]
        for key, value in table.items():
            if key in _IGNORING_KEYS and isinstance(value, list):
                ignored.update(item for item in value if isinstance(item, str))
            if key == _CONSTRAINING_KEY and isinstance(value, list):
                constraints += [(item, path) for item in value if isinstance(item, str)]
    return UvConfig(
        settings=tuple(settings),
        unreadable=unreadable,
        ignored=frozenset(ignored),
        constraints=tuple(constraints),
        resolution=resolution,
        requires_hashes=requires_hashes is True,
    )


def requires_hashes(environment: Mapping[str, str], *, project: Path) -> bool:
    """Tell whether uv is set up to refuse all that has no hash.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.
    """
    said = environment.get("UV_REQUIRE_HASHES")
    return is_on(said) if said else read_uv_config(environment, project=project).requires_hashes


def uv_config_may_decide(environment: Mapping[str, str], *, project: Path, platform: str = sys.platform) -> bool:
    """Tell whether uv is set up to judge differently what is installed already.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.
        platform: A value of ``sys.platform``.

    Returns:
        True if a variable or a configuration file sets anything that is not known to leave alone the question whether
        an installed distribution satisfies a requirement, or if a file can't be read.
    """
    for name, value in system_variables(environment, platform).items():
        known = name in _HARMLESS_VARIABLES or name.startswith(_HARMLESS_PREFIXES)
        if name.startswith("UV_") and value and not known:
            return True
    config = read_uv_config(environment, project=project, platform=platform)
    harmless = _HARMLESS_KEYS | {f"pip.{key}" for key in _HARMLESS_PIP_KEYS}
    is_lowest = (environment.get("UV_RESOLUTION") or config.resolution or "").startswith(LOWEST)
    return config.unreadable or is_lowest or not config.keys <= harmless


def takes_lowest(environment: Mapping[str, str], *, project: Path) -> bool:
    """Tell whether uv is set up to choose the lowest versions of what is asked for directly.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.
    """
    said = environment.get("UV_RESOLUTION") or read_uv_config(environment, project=project).resolution
    return said is not None and said.startswith(LOWEST)


def resolved_otherwise(environment: Mapping[str, str], *, project: Path) -> frozenset[NormalizedName]:
    """Name what uv's variables and configuration override or exclude, whatever the metadata say.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.

    Returns:
        Normalised names.
    """
    found: set[NormalizedName] = set()
    for variable in ("UV_OVERRIDE", "UV_EXCLUDE"):
        for file in environment.get(variable, "").split():
            from ..requirements_file import names_in  # see arguments

            found |= names_in(project / file, environment)
    for text in read_uv_config(environment, project=project).ignored:
        with suppress(InvalidRequirement):  # which uv will say
            found.add(normalised(parse(text).name))
    return frozenset(found)


def constraints(environment: Mapping[str, str], *, project: Path) -> list[Constraint]:
    """Name the constraints that uv's variables and configuration set.

    Args:
        environment: The variables that uv gets.
        project: The directory that uv is started in.

    Returns:
        The constraints, each with where it is set.
    """
    found: list[Constraint] = []
    for file in environment.get("UV_CONSTRAINT", "").split():
        from ..requirements_file import constraints_in  # see arguments

        found += constraints_in(project / file, environment, origin=f"{file} (UV_CONSTRAINT)")
    for text, path in read_uv_config(environment, project=project).constraints:
        with suppress(InvalidRequirement):  # which uv will say
            found.append(Constraint(requirement=parse_anew(redacted(text)), origin=f"{_CONSTRAINING_KEY} in {path}"))
    return found


def _keys(table: Mapping[str, object]) -> Iterator[str]:
    """Name what uv's table of a file sets."""
    for key, value in table.items():
        if key == "pip" and isinstance(value, dict):
            yield from (f"pip.{inner}" for inner in _mapping(value))
        elif key != "index":
            yield key
        elif not isinstance(value, list):  # which uv will refuse
            yield from ("index", "default-index")
        else:
            # what is explicit serves what is pinned to it, and says nothing of where the rest comes from
            open_to_all = [item for item in map(_mapping, value) if item.get("explicit") is not True]
            if any(item.get("default") is not True for item in open_to_all):
                yield "index"
            if any(item.get("default") is True for item in open_to_all):
                yield "default-index"


def _tables(
    environment: Mapping[str, str], project: Path, platform: str
) -> Iterator[tuple[Path, Mapping[str, object] | None, bool]]:
    """Yield each file that counts, uv's table of it or None for one that can't be read, whether it is a project's."""
    if is_on(environment.get("UV_NO_CONFIG", "")):
        return
    if named := environment.get("UV_CONFIG_FILE"):
        yield project / named, _load(project / named), False
        return
    yield from ((path, table, True) for path, table in _project_tables(project))
    user = configuration_directory(environment, platform) / "uv" / "uv.toml"
    if user.is_file():
        yield user, _load(user), False
    # Of several system-wide files uv takes the first one.
    if system := next((path for path in _system_files(environment, platform) if path.is_file()), None):
        yield system, _load(system), False


def _system_files(environment: Mapping[str, str], platform: str) -> Iterator[Path]:
    if platform == "win32":
        if drive := environment.get("SYSTEMDRIVE"):
            yield Path(f"{drive}\\") / "ProgramData" / "uv" / "uv.toml"
        return
    for directory in (environment.get("XDG_CONFIG_DIRS") or str(_ETC / "xdg")).split(":"):
        if directory:
            yield Path(directory) / "uv" / "uv.toml"
    yield _ETC / "uv" / "uv.toml"


class _Documents(dict[Path, "Mapping[str, object] | None"]):
    """TOML files by path, each read once; None for one that is not there or can't be read."""

    def __missing__(self, path: Path) -> Mapping[str, object] | None:
        self[path] = _load(path) if path.is_file() else None
        return self[path]

    def uv_table(self, directory: Path) -> Mapping[str, object]:
        """Give the ``tool.uv`` table of the directory's ``pyproject.toml``."""
        document = self[directory / "pyproject.toml"] or {}
        return _mapping(_mapping(document.get("tool")).get("uv"))


def _project_tables(project: Path) -> Iterator[tuple[Path, Mapping[str, object] | None]]:
    """Yield the table of the nearest directory that has one, starting from the root of the workspace."""
    documents = _Documents()
    start = _workspace_root(project, documents)
    for directory in (start, *start.parents):
        if (path := directory / "uv.toml").is_file():
            yield path, documents[path]
            return
        path = directory / "pyproject.toml"
        if table := documents.uv_table(directory):
            yield path, table
            return
        if documents[path] is None and path.is_file():
            yield path, None  # uv warns, and looks further up


def _workspace_root(project: Path, documents: _Documents) -> Path:
    """Find where uv starts to look: it ignores what a member sets in favour of the root of its workspace."""
    above = (project, *project.parents)
    nearest = next(
        (directory for directory in above if "project" in (documents[directory / "pyproject.toml"] or {})), None
    )
    if nearest is None or documents.uv_table(nearest).get("managed") is False:
        return project
    if "workspace" not in documents.uv_table(nearest):
        for directory in nearest.parents:
            if "workspace" in (table := documents.uv_table(directory)):
                return directory if _is_member(directory, nearest, _mapping(table["workspace"])) else nearest
    return nearest


def _is_member(root: Path, directory: Path, workspace: Mapping[str, object]) -> bool:
    relative = directory.relative_to(root).as_posix()

    def listed(key: str) -> bool:
        patterns = workspace.get(key)
        return isinstance(patterns, list) and any(
            isinstance(pattern, str)
            and fnmatchcase(relative, pattern.rstrip("/"))
            and ("**" in pattern or relative.count("/") == pattern.rstrip("/").count("/"))
            for pattern in patterns
        )

    return listed("members") and not listed("exclude")


def _load(path: Path) -> Mapping[str, object] | None:
    try:
        found = path.stat()
        if time.time_ns() - found.st_ctime_ns < _UNSETTLED:  # it may be changed once more, and look the same
            return read_toml(path)
        return _parsed(path, (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=_MOST_KEPT)
def _parsed(path: Path, _status: tuple[int, ...]) -> Mapping[str, object]:
    """Parse a file; a run asks several times what is configured, and a parser in Python is slow."""
    return read_toml(path)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
