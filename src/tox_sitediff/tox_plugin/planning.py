"""What setting up an environment of tox would reuse and install, found out without touching the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tox.tox_env.python.dependency_groups import resolve
from tox.tox_env.python.extras import resolve_extras_static
from tox.tox_env.python.pip.req_file import PythonConstraints, PythonDeps
from tox.tox_env.python.pylock import Pylock
from tox.tox_env.python.runner import PythonRun

from ..environment.find import scratch
from ..uv.command import is_uv_install
from ..uv.program import uv_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..core.plan import Plan
    from .environment import SlimEnvironment


def plan(env: SlimEnvironment, *, say: Callable[[str], None]) -> Plan:
    """Tell what setting up an environment would do, as one installation over its base.

    Args:
        env: The environment; it need not exist, and is not looked at.
        say: Takes a line that the user should read.

    Returns:
        What would be reused and installed, and why.

    Raises:
        SitediffError: When that can't be told.
        Skip: When its interpreter is missing.
        Fail: When what is declared can't be read.
    """
    root = env.core.get("tox_root", Path)
    uv = env.uv_program()
    python, options = env.base_request()
    variables = uv_environment(env.environment_variables, env.env_dir)
    with (
        scratch(python, uv=uv, environment=variables, directory=root, options=options) as place,
        env.standing_in(place, warn=say) as slim,
    ):
        slim.prepare()
        seen = slim.environment.look()
        if (work := env.locked()) is not None:
            return work.plan()[0]
        arguments = list(_declared(env, markers=seen.interpreter.markers, folder=place.directory, say=say))
        build: Callable[[Sequence[str]], list[str]] = env.install_command
        if not is_uv_install(build(arguments)):
            say("its install_command is not uv's: the plan is what uv would do")
            build = _plain(uv)
        return slim.installation(env.request(arguments, build)).plan()


def _declared(
    env: SlimEnvironment, *, markers: Mapping[str, str], folder: Path, say: Callable[[str], None]
) -> Iterator[str]:
    """Collect what the environment declares, as arguments of ``uv pip install``."""
    if not isinstance(env, PythonRun):
        return
    # older releases know it only where there is a packaging environment
    root = env.core.get("package_root" if "package_root" in env.core else "tox_root", Path)
    groups = env.conf.get("dependency_groups", set[str])
    if lock := env.conf.get("pylock", str):
        extras = frozenset(env.conf.get("extras", set[str]))
        found = Pylock(path=root / lock, extras=extras, groups=frozenset(groups), marker_env=dict(markers))
        requirements = folder / "pylock.txt"
        requirements.write_text("\n".join(found.install_lines()), encoding="utf-8")
        yield from ("-r", os.fspath(requirements))
    else:
        yield from env.conf.get("deps", PythonDeps).as_root_args
        if groups:
            yield from sorted(map(str, resolve(root, groups)))
    yield from env.conf.get("constraints", PythonConstraints).as_root_args
    yield from _of_package(env, root, say)


def _of_package(env: PythonRun, root: Path, say: Callable[[str], None]) -> Sequence[str]:
    """Return what the package needs, as far as its static metadata tell."""
    if env.pkg_type == "skip":
        return ()
    if env.pkg_type == "external":
        say("what the package of --installpkg needs is not in the plan")
        return ()
    found = resolve_extras_static(root, env.conf.get("extras", set[str]))
    if found is None:
        say("what the package needs is known to its build backend alone, and is not in the plan")
        return ()
    return sorted(map(str, found))


def _plain(uv: Path) -> Callable[[Sequence[str]], list[str]]:
    return lambda words: [os.fspath(uv), "pip", "install", *words]
