"""Run the tests of example-project with tox, over a Python that has most of what they need.

Needs Python 3.11 or newer, pip and the package index. Everything is made in one directory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True  # the checkout stays as it is

from _workspace import OLDEST, ROOT, StepError, Workspace, interpreter, stamp, stamped, timed  # noqa: E402

RICH = ("numpy", "pandas", "matplotlib", "pytest")
PROBE = f"""
import json, sys
found = {{}}
if sys.version_info >= {OLDEST}:
    from importlib import metadata
    for name in {RICH}:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
print(json.dumps([sys.executable, list(sys.version_info[:3]), found]))
"""


@dataclass(frozen=True, kw_only=True)
class Base:
    """An interpreter, and which of the wanted packages it offers."""

    python: str
    version: str
    offers: dict[str, str]

    def __str__(self) -> str:
        """The base in a sentence."""
        offers = ", ".join(f"{name} {version}" for name, version in self.offers.items())
        return f"Python {self.version} at {self.python} offers {offers or 'none of ' + ', '.join(RICH)}"


def main() -> int:
    """Prepare what is missing, run tox, and say what happened."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--base",
        metavar="PYTHON",
        default=getattr(sys, "_base_executable", sys.executable),
        help="the interpreter whose packages are reused (default: the one that runs this, %(default)s)",
    )
    parser.add_argument(
        "--directory",
        metavar="DIR",
        type=Path,
        default=ROOT / ".demo",
        help="where everything is made, about 500 MB if the base is bare (default: %(default)s)",
    )
    parser.add_argument("--fresh", action="store_true", help="delete that directory first, if this program made it")
    options = parser.parse_args()

    try:
        workspace = Workspace(options.directory, fresh=options.fresh)
        base = probe(workspace, options.base)
        with timed("[1/3] tox and tox-sitediff"):
            python = workspace.environment("tox-venv")
            workspace.install(python, [ROOT])
        layers = []
        if len(base.offers) == len(RICH):
            print(f"[2/3] {base}: a rich base, used as it is")
        else:
            print(f"[2/3] {base}")
            with timed("      so a virtual environment with these and scipy is made, to be stacked on it as a layer"):
                layers.append(make_rich(workspace, python, base))
        print("[3/3] tox", flush=True)
        code = run_tox(workspace, python, base, layers)
    except StepError as failure:
        print(f"demo.py: {failure}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("demo.py: interrupted; the next run goes on from here", file=sys.stderr)
        return 130

    print(f"\ntox ended with exit code {code}.")
    print(f"The rich base: {layers[0] if layers else base.python}")
    print(f"The new environment: {workspace.directory / 'tox' / 'py'}")
    print(f"Run this again to see all of it reused; to undo everything, delete {workspace.directory}")
    return code


def probe(workspace: Workspace, command: str) -> Base:
    """Ask an interpreter what it is and what it offers.

    Raises:
        StepError: it can't be run, or is too old.
    """
    path = shutil.which(command)
    if path is None:
        raise StepError(f"there is no interpreter {command}")
    try:
        answer = workspace.step(path, "-c", PROBE).strip().splitlines()
        executable, version, offers = json.loads(answer[-1])
    except (StepError, IndexError, ValueError) as error:
        raise StepError(f"{command} does not answer like a Python (details: {workspace.log})") from error
    dotted = ".".join(map(str, version))
    if tuple(version) < OLDEST:
        raise StepError(f"the base {command} is Python {dotted}: example-project needs 3.11 or newer")
    return Base(python=executable, version=dotted, offers=offers)


def make_rich(workspace: Workspace, tox_python: Path, base: Base) -> Path:
    """A virtual environment that holds what a scientific Python would; where it is."""
    rich = workspace.directory / "rich-base"
    names = (*RICH, "scipy")
    wanted = "\n".join([base.python, base.version, *names])
    if not stamped(rich, "installed", wanted):
        shutil.rmtree(rich, ignore_errors=True)
        uv = (tox_python, "-m", "uv")
        workspace.step(*uv, "venv", "--python", base.python, rich)
        try:
            workspace.step(*uv, "pip", "install", "--compile-bytecode", "--python", interpreter(rich), *names)
        except StepError:  # an index that only pip's own configuration names
            workspace.step(tox_python, "-m", "pip", "--python", interpreter(rich), "install", *names)
        stamp(rich, "installed", wanted)
    return rich


def run_tox(workspace: Workspace, tox_python: Path, base: Base, layers: list[Path]) -> int:
    """Run the environment `py` of example-project; the exit code of tox."""
    overrides = [
        f"testenv.base_python={base.python}",
        "testenv.pass_env+=PYTHONDONTWRITEBYTECODE",
        *(f"testenv.sitediff_layers={layer}" for layer in layers),
    ]
    return workspace.run(
        *(tox_python, "-m", "tox", "run"),
        *("--conf", ROOT / "example-project" / "tox.ini"),
        *("--workdir", workspace.directory / "tox"),
        *("-e", "py"),
        *(word for override in overrides for word in ("-x", override)),
    )


if __name__ == "__main__":
    sys.exit(main())
