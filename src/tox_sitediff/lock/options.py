"""The options of ``uv sync`` (pure): what they select, and what of them is for ``uv export`` and ``uv pip install``."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from ..core.project import Selection
from ..errors import EnvironmentProblem
from ..text import is_on
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# of uv sync: which of the two commands takes them, and whether a value belongs to them
_SELECTING: Final = frozenset({"--all-extras", "--all-groups", "--no-default-groups", "--no-dev", "--only-dev"})
_SELECTING_WITH_VALUE: Final = frozenset({"--extra", "--group", "--no-extra", "--no-group", "--only-group"})
_EXPORT: Final = frozenset({
    "-U", "--all-packages", "--frozen", "--locked", "--no-editable", "--no-sources", "--upgrade",
})  # fmt: skip
_EXPORT_WITH_VALUE: Final = frozenset({
    "-P", "--exclude-newer", "--exclude-newer-package", "--fork-strategy", "--no-editable-package",
    "--no-sources-package", "--package", "--prerelease", "--prerelease-package", "--resolution", "--upgrade-group",
    "--upgrade-package",
})  # fmt: skip
_RENAMED: Final = {
    "--no-install-local": "--no-emit-local",
    "--no-install-project": "--no-emit-project",
    "--no-install-workspace": "--no-emit-workspace",
}
_BOTH: Final = frozenset({
    "-n", "-q", "-v", "-vv", "--native-tls", "--no-build", "--no-build-isolation", "--no-cache", "--no-config",
    "--no-index", "--no-progress", "--offline", "--quiet", "--refresh", "--system-certs", "--verbose",
})  # fmt: skip
_BOTH_WITH_VALUE: Final = frozenset({
    "-C", "-f", "-i", "--allow-insecure-host", "--cache-dir", "--color", "--config-file", "--config-setting",
    "--config-settings-package", "--default-index", "--extra-index-url", "--find-links", "--index",
    "--index-strategy", "--index-url", "--keyring-provider", "--link-mode", "--no-build-isolation-package",
    "--refresh-package",
})  # fmt: skip
_INSTALL: Final = frozenset({"--compile-bytecode", "--reinstall"})
_INSTALL_WITH_VALUE: Final = frozenset({"--reinstall-package"})
_AS_IT_IS: Final = frozenset({"--active", "--exact", "--no-python-downloads"})
"""What is done anyway."""
_REFUSED: Final = {
    "--output-format": "use --format",
    "--project": "name the lock file, or use --directory",
    "--python-platform": "an environment is filled for the interpreter that it has",
    "--script": "a script has an environment of its own, which uv makes",
}
WITH_VALUE: Final = (
    _SELECTING_WITH_VALUE
    | _EXPORT_WITH_VALUE
    | _BOTH_WITH_VALUE
    | _INSTALL_WITH_VALUE
    | {"--no-binary-package", "--no-build-package", "--no-install-package", *_REFUSED}
)
"""Options that have a value."""


@frozen
class SyncOptions:
    """What was asked for.

    Attributes:
        selection: Which parts of the project.
        export: Options of ``uv export``.
        install: Options of ``uv pip install``.
        leave_out: Names that are not to be installed.
        leave_project: Whether the project itself is not.
        leave_local: Whether no local directory is.
        inexact: Whether what nobody asked for stays.
        one_project: False where the lock file was asked for other packages than one project.
    """

    selection: Selection = field(default_factory=Selection)
    export: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    leave_project: bool = False
    leave_local: bool = False
    inexact: bool = False
    one_project: bool = True


def parse(arguments: Sequence[str], *, variables: Mapping[str, str]) -> SyncOptions:
    """Understand options of ``uv sync``.

    Args:
        arguments: The options, without operands.
        variables: The user's variables, some of which stand for options.

    Returns:
        What they ask for.

    Raises:
        EnvironmentProblem: For an option that is unknown, lacks its value, or makes no sense here.
    """
    export: list[str] = []
    install: list[str] = []
    seen: dict[str, list[str]] = {}
    rest = iter(arguments)
    for argument in rest:
        option, equals, value = argument.partition("=")
        if not argument.startswith("--"):  # -P NAME, -PNAME
            option, value = argument[:2], argument[2:].lstrip("=")
            equals = value
            if option in {"-v", "-q"}:
                option, equals = argument, ""
        if option in _REFUSED:
            raise EnvironmentProblem(f"{option} is not for sitediff sync: {_REFUSED[option]}")
        words = [option]
        if option in WITH_VALUE:
            taken = value if equals else next(rest, None)
            if taken is None:
                raise EnvironmentProblem(f"{option} needs a value; see: sitediff sync --help")
            value = taken
            words.append(value)
        elif equals:
            raise EnvironmentProblem(f"{option} takes no value; see: sitediff sync --help")
        seen.setdefault(option, []).append(value)
        _sort(option, words, export=export, install=install)
    if {"--exact", "--inexact"} <= seen.keys():
        raise EnvironmentProblem("--exact and --inexact exclude each other; take one of them")
    return _options(seen, export=export, install=install, variables=variables)


def _sort(option: str, words: Sequence[str], *, export: list[str], install: list[str]) -> None:
    if option in _SELECTING | _SELECTING_WITH_VALUE | _EXPORT | _EXPORT_WITH_VALUE:
        export += words
    elif option in _RENAMED:
        export.append(_RENAMED[option])
    elif option == "--no-install-package":
        export += ("--no-emit-package", words[1])
    elif option in _BOTH | _BOTH_WITH_VALUE:
        export += words
        install += words
    elif option in _INSTALL | _INSTALL_WITH_VALUE:
        install += words
    elif option == "--no-binary":  # uv pip names packages behind it
        export.append(option)
        install += (option, ":all:")
    elif option in {"--no-binary-package", "--no-build-package"}:
        export += words
        install += ("--no-binary" if option == "--no-binary-package" else "--only-binary", words[1])
    elif option not in _AS_IT_IS | {"--inexact"}:
        raise EnvironmentProblem(f"{option} is not an option of sitediff sync; see: sitediff sync --help")


def _options(
    seen: Mapping[str, Sequence[str]], *, export: Sequence[str], install: Sequence[str], variables: Mapping[str, str]
) -> SyncOptions:
    def values(*names: str) -> tuple[str, ...]:
        return tuple(value for name in names for value in seen.get(name, ()))

    def is_asked(option: str, variable: str) -> bool:
        return option in seen or is_on(variables.get(variable, ""))

    dev = ("dev",)
    return SyncOptions(
        selection=Selection(
            extras=values("--extra"),
            all_extras="--all-extras" in seen,
            no_extras=values("--no-extra"),
            groups=values("--group"),
            all_groups="--all-groups" in seen,
            no_groups=(
                *values("--no-group"),
                *variables.get("UV_NO_GROUP", "").split(),
                *(dev if is_asked("--no-dev", "UV_NO_DEV") else ()),
            ),
            only_groups=(*values("--only-group"), *(dev if "--only-dev" in seen else ())),
            no_default_groups=is_asked("--no-default-groups", "UV_NO_DEFAULT_GROUPS"),
        ),
        export=tuple(export),
        install=tuple(install),
        leave_out=values("--no-install-package"),
        leave_project="--no-install-project" in seen,
        leave_local=bool({"--no-install-local", "--no-install-workspace"} & {*seen}),
        inexact="--inexact" in seen,
        one_project=not {"--package", "--all-packages"} & {*seen},
    )
