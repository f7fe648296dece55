"""The replays, each with the threads that it answers."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.index import BACKEND
from support.threads.ground import Ground, held, listed
from support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "threads.md"
"""Has a table with a row for each replay."""
_PLACES: Final = {
    "uv": "astral-sh/uv",
    "tox": "tox-dev/tox",
    "nox": "wntrblm/nox",
    "pdm": "pdm-project/pdm",
    "poetry": "python-poetry/poetry",
    "pip": "pypa/pip",
    "setuptools-scm": "pypa/setuptools-scm",
    "flash-attention": "Dao-AILab/flash-attention",
    "vllm": "vllm-project/vllm",
    "tox-uv": "tox-dev/tox-uv",
    "ros2_documentation": "ros2/ros2_documentation",
    "software-stack": "ComputeCanada/software-stack",
    "python-launcher": "brettcannon/python-launcher",
    "ty": "astral-sh/ty",
}


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One wish, and how it is replayed.

    Attributes:
        threads: Projects and numbers of the public threads.
        wish: What people asked for.
        play: Returns what happens without sitediff, and with it.
    """

    threads: tuple[tuple[str, int], ...]
    wish: str
    play: Callable[[Ground], tuple[str, str]]

    def row(self, before: str, after: str) -> str:
        """Write a row of the table."""
        links = ", ".join(
            f"[{name} {number}](https://github.com/{_PLACES[name]}/issues/{number})" for name, number in self.threads
        )
        return f"| {links} | {self.wish} | {before} | {after} |"


REPLAYS: Final[dict[str, Replay]] = {}


def _replay(
    wish: str, *threads: tuple[str, int]
) -> Callable[[Callable[[Ground], tuple[str, str]]], Callable[[Ground], tuple[str, str]]]:
    def register(play: Callable[[Ground], tuple[str, str]]) -> Callable[[Ground], tuple[str, str]]:
        REPLAYS[play.__name__.strip("_")] = Replay(threads=threads, wish=wish, play=play)
        return play

    return register


def _both(ground: Ground, *arguments: str | Path) -> tuple[str, str]:
    """Install the same with uv and with sitediff, each into an environment of its own."""
    plain, slim = ground.environment("plain"), ground.environment("slim")
    ground.uv("pip", "install", "--python", plain, *arguments)
    ground.sitediff("install", "--python", slim, *arguments)
    return held(plain), held(slim)


@_replay("a requirement without a version keeps what is inherited", ("uv", 4466))
def _unversioned(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0")
    return _both(ground, "numlib")


@_replay("a wheel over a firmware image: fetch only the dependencies that it lacks", ("uv", 7358), ("uv", 4466))
def _firmware(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0", "dates==2.8.0")
    wheel = make_wheel(ground.root, "app", "1.0", requires=["numlib", "dates", "tiny"])
    return _both(ground, wheel)


@_replay("no network at all, where the base has everything", ("uv", 7358), ("uv", 4466))
def _offline(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0")
    ground.variables |= {"UV_FIND_LINKS": "", "UV_OFFLINE": "1", "UV_NO_CACHE": "1"}
    plain, slim = ground.environment("plain"), ground.environment("slim")
    ground.uv("pip", "install", "--python", plain, "frame", status=1)
    ground.sitediff("install", "--python", slim, "frame")
    return "fails without the network", held(slim)


@_replay("a project over WinPython: nothing of its dependencies is there twice", ("uv", 11392))
def _project(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0", "plotter==3.8.0", "backend==1.0")
    source = ground.root / "albatross"
    (source / "src" / "demo").mkdir(parents=True)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n'
        '[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["frame", "plotter"]\n'
    )
    (source / "src" / "demo" / "__init__.py").touch()
    return _both(ground, source)


@_replay("`pip list` shows what can be imported", ("uv", 2500), ("uv", 16541))
def _listing(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0")
    module = ground.root / "module"  # as a cluster's `module load` does it
    ground.uv("pip", "install", "--target", module, "--python", ground.base.python, "tiny")
    ground.variables["PYTHONPATH"] = str(module)
    python = ground.environment("env")
    before = listed(ground.uv("pip", "list", "--python", python))
    after = listed(ground.sitediff("uv", "pip", "list", "--python", python))
    return f"{before} of 4 distributions", f"{after} of 4 distributions"


@_replay("packages on `PYTHONPATH` (cluster modules) count as installed", ("uv", 16541))
def _modules(ground: Ground) -> tuple[str, str]:
    module = ground.root / "module"
    ground.uv("pip", "install", "--target", module, "--python", ground.base.python, "numlib<2")
    ground.variables["PYTHONPATH"] = str(module)
    return _both(ground, "numlib")


@_replay("an environment on top of another one", ("uv", 9849), ("uv", 4466))
def _stacked(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0")
    team = ground.environment("team")
    ground.sitediff("install", "--python", team, "frame")
    plain = ground.environment("plain")
    site = next((plain.parent.parent / "lib").glob("python*/site-packages"))
    below = next((team.parent.parent / "lib").glob("python*/site-packages"))
    (site / "team.pth").write_text(f"{below}\n")
    ground.uv("pip", "install", "--python", plain, "frame")
    ground.sitediff("venv", "--python", ground.base.python, "--layer", "team", "slim")
    slim = ground.root / "slim" / "bin" / "python"
    ground.sitediff("install", "--python", slim, "frame")
    return held(plain), held(slim)


@_replay(
    "the pre-release build of torch in a GPU container is not replaced",
    ("uv", 2560),
    ("uv", 6880),
    ("uv", 9174),
    ("uv", 15692),
    ("uv", 18062),
)
def _container(ground: Ground) -> tuple[str, str]:
    special = make_wheel(ground.root, "torch", "2.6.0a0+abc.nv24.12")
    ground.uv("pip", "install", "--python", ground.base.python, "--link-mode=copy", special)
    wheels = ground.root / "wheels"
    wheels.mkdir()
    make_wheel(wheels, "torch", "2.7.0")
    make_wheel(wheels, "lightning", "2.0", requires=["torch>=2.5"])
    return _both(ground, "--find-links", wheels, "lightning")


@_replay("what is reused, and why not: told before anything happens", ("pdm", 2216), ("pdm", 2287), ("pdm", 3467))
def _explained(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0")
    python = ground.environment("env")
    before = ground.uv("pip", "install", "--dry-run", "--python", python, "numlib>=2")
    assert "1.26.0" not in before
    after = ground.sitediff("plan", "--python", python, "numlib>=2", "--explain", "numlib")
    told = next(line for line in after.splitlines() if "1.26.0" in line)
    assert "numlib>=2" in told
    assert str(ground.base.prefix) in told
    return "names no copy of the base", "names the copy, where it lies, and the requirement that it does not meet"


@_replay("some packages of the base, not all or none", ("poetry", 6035), ("tox", 2059))
def _some(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0", "dates==2.8.0", "tiny==1.0")
    plain, slim = ground.environment("plain"), ground.environment("slim")
    ground.uv("pip", "install", "--python", plain, "numlib", "dates>=2.9", "tiny==1.0")
    ground.sitediff("install", "--python", slim, "numlib", "dates>=2.9", "tiny==1.0", "--exclude", "tiny")
    return held(plain), held(slim)


@_replay("`.tox` full of copies of what the machine has", ("tox", 1346))
def _copies(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0", "plotter==3.8.0")
    project = ground.project("project")
    project.ini("deps =\n    frame\n    plotter\ncommands = python -c pass")
    project.tox("-r", "--no-sitediff").ok()
    before = sorted(set(project.installed()) - {"pip", "setuptools", "wheel"})  # with which virtualenv may begin
    project.tox("-r").ok()
    return f"installs {', '.join(before)}", held(project.directory() / "bin" / "python")


@_replay("the environment's own `pytest`, not the system's", ("tox", 461))
def _script(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "runner==7.4.0", "numlib==1.26.0")
    project = ground.project("project")
    project.ini("sitepackages = true\ndeps =\n    runner\n    numlib>=2\ncommands = runner numlib")
    project.variables["PATH"] = f"{ground.base.scripts}:/usr/bin:/bin"
    said = project.tox("-r", "--no-sitediff").failed().out
    assert "not allowed" in said
    slim = project.tox("-r").ok()
    assert slim.lines(str(project.directory()))
    return "is not found in the environment: `not allowed`", "runs under the environment's interpreter"


@_replay("which base was used?", ("tox", 1646))
def _which_base(ground: Ground) -> tuple[str, str]:
    project = ground.project("project")
    project.ini("sitepackages = true\ncommands = python -c pass")
    plain = project.tox("-r", "--no-sitediff").ok()
    slim = project.tox("-r").ok()
    name = str(ground.base.python)
    before = "is named" if plain.lines(name) else "is not said"
    after = "is named, with its version" if slim.lines(f"base {name}") else "is not said"
    return before, after


@_replay("plugins of the base's build tools don't change what is built", ("pip", 6264), ("setuptools-scm", 451))
def _isolated_build(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "tiny==1.0", "backend==1.0")
    outcome = []
    for name, keys in (("leaky", "system_site_packages = true"), ("slim", "")):
        project = ground.project(name)
        project.package(build='requires = ["backend"]')
        project.ini(
            "commands = python -c pass", tox="", rest=f"[testenv:.pkg]\nbase_python = {ground.base.python}\n{keys}"
        )
        project.tox("-r", *(("--no-sitediff",) if keys else ())).ok()
        seen = ground.run(
            project.directory(".pkg") / "bin" / "python",
            "-c",
            "import importlib.util, json; print(json.dumps(importlib.util.find_spec('tiny') is not None))",
        )
        outcome.append("sees the base" if json.loads(seen) else "sees the declared requirements alone")
    return f"with `system_site_packages`, the build environment {outcome[0]}", outcome[1]


@_replay(
    "nox in a container that has the requirements: the sessions of every day, and nothing installed twice",
    ("nox", 301),
    ("nox", 739),
    ("nox", 759),
)
def _sessions(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0", "runner==7.4.0")
    outcome = []
    for name, module in (("plain", "nox"), ("slim", "tox_sitediff.nox")):
        noxfile = ground.root / name / "noxfile.py"
        noxfile.parent.mkdir()
        noxfile.write_text(
            f"from {module} import session\n"
            f"@session(python={str(ground.base.python)!r}, venv_backend='uv')\n"
            "def tests(session):\n    session.install('frame', 'runner')\n    session.run('runner', 'frame')\n"
        )
        python = noxfile.parent / ".nox" / "tests" / "bin" / "python"
        said = ground.run(sys.executable, "-m", "nox", "-f", noxfile)
        assert f"runner runs in {python.parent.parent}" in said
        outcome.append(held(python))
    return outcome[0], f"{outcome[1]}, with one import changed"


# --- situations of users' own


def _torch(ground: Ground, version: str, released: str) -> Path:
    """Put a torch of its own into the base, and return a directory of wheels with the one that everybody gets."""
    special = make_wheel(ground.root, "torch", version)
    ground.uv("pip", "install", "--python", ground.base.python, "--link-mode=copy", special)
    wheels = ground.root / "wheels"
    wheels.mkdir()
    make_wheel(wheels, "torch", released)
    return wheels


@_replay(
    "an extension that is built, without isolation, over the container's torch runs with that torch",
    ("flash-attention", 1675),
    ("uv", 6437),
    ("uv", 13959),
)
def _built_over_torch(ground: Ground) -> tuple[str, str]:
    wheels = _torch(ground, "2.6.0a0+abc.nv24.12", "2.7.0")
    ground.base.install(ground.index, "numlib==1.26.0")
    source = ground.root / "flash"
    (source / "src" / "flash").mkdir(parents=True)
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["torch"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "flash"\nversion = "1.0"\ndependencies = ["torch", "numlib"]\n'
    )
    (source / "backend.py").write_text(f"import torch\n{BACKEND}")
    (source / "src" / "flash" / "__init__.py").touch()
    return _both(ground, "--no-build-isolation", "--find-links", wheels, "--find-links", ground.index.directory, source)


@_replay("vLLM over the torch of ROCm, or of one's own making", ("vllm", 21745))
def _rocm(ground: Ground) -> tuple[str, str]:
    wheels = _torch(ground, "2.9.0+rocm6.4", "2.9.0")
    make_wheel(wheels, "vllm", "0.13.0", requires=["torch==2.9.0"])
    return _both(ground, "--find-links", wheels, "vllm")


@_replay("the oldest versions are tested, with what the base has of them", ("tox-uv", 244))
def _oldest(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0", "tiny==1.1")
    return _both(ground, "--resolution", "lowest-direct", "frame>=2.1", "numlib>=1.26", "tiny>=1.0")


@_replay(
    "what apt installed, and no index has, counts: Raspberry Pi's picamera2, ROS 2's rclpy",
    ("uv", 17840),
    ("ros2_documentation", 5800),
)
def _debian(ground: Ground) -> tuple[str, str]:
    packages = ground.base.prefix / "lib" / "python3" / "dist-packages"  # where Debian's Python looks too
    packages.mkdir(parents=True)
    (packages / "rclpy.py").touch()
    (packages / "rclpy-7.1.egg-info").write_text("Metadata-Version: 2.1\nName: rclpy\nVersion: 7.1\n")
    (ground.base.site / "debian.pth").write_text(f"{packages}\n")
    node = make_wheel(ground.root, "node", "1.0", requires=["rclpy>=7", "tiny"])
    plain, slim = ground.environment("plain"), ground.environment("slim")
    assert "rclpy" in ground.uv("pip", "install", "--python", plain, node, status=1)
    ground.sitediff("install", "--python", slim, node)
    return "fails: no index has rclpy", held(slim)


@_replay(
    "a cluster's wheelhouse, which pip's configuration names, comes first",
    ("uv", 16216),
    ("pip", 10156),
    ("software-stack", 165),
)
def _wheelhouse(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "dates==2.8.0")
    wheels = ground.root / "wheelhouse"
    wheels.mkdir()
    make_wheel(wheels, "numlib", "2.0.0+computecanada")
    settings = ground.root / "pip.conf"
    settings.write_text(f"[global]\nno-index = true\nfind-links =\n    {wheels}\n    {ground.index.directory}\n")
    ground.variables["PIP_CONFIG_FILE"] = str(settings)
    plain = ground.environment("plain")
    ground.uv("pip", "install", "--python", plain, "numlib", "dates")
    project = ground.project("project")
    project.variables |= {"PIP_CONFIG_FILE": str(settings), "UV_FIND_LINKS": "", "UV_DEFAULT_INDEX": ""}
    project.ini("deps =\n    numlib\n    dates\ncommands = python -c pass")
    project.tox("-r").ok()
    return held(plain), f"{held(project.directory() / 'bin' / 'python')}, in a tox that would take pip"


@_replay("a container's user who has no home", ("uv", 9962))
def _homeless(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "frame==2.1.0")
    plain = ground.environment("plain")
    ground.variables |= {"HOME": "/dev/null", "XDG_CACHE_HOME": ""}
    assert "cache" in ground.uv("pip", "install", "--python", plain, "frame", "tiny", status=2)
    project = ground.project("project")
    project.variables |= {"HOME": "/dev/null", "XDG_CACHE_HOME": ""}
    project.ini("deps =\n    frame\n    tiny\ncommands = python -c pass")
    project.tox("-r").ok()
    return "fails: no place for its cache", held(project.directory() / "bin" / "python")


@_replay("`.venv` is a file that leads to the environment", ("python-launcher", 39), ("ty", 4524))
def _redirected(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "numlib==1.26.0")
    outcome = []
    for name, install in (("plain", ground.uv), ("slim", ground.sitediff)):
        python = ground.environment(f"elsewhere/{name}")
        project = ground.root / name
        project.mkdir()
        (project / ".venv").write_text(f"{python.parent.parent}\n")
        words = ("pip", "install") if name == "plain" else ("install",)
        install(*words, "numlib", "tiny", cwd=project)
        outcome.append(held(python))
    return outcome[0], outcome[1]


@_replay("an environment that is moved, its console scripts with it", ("uv", 3587), ("uv", 18319), ("uv", 6970))
def _moved(ground: Ground) -> tuple[str, str]:
    ground.base.install(ground.index, "runner==7.4.0")
    plain, slim = ground.environment("plain", "--relocatable"), ground.environment("slim", "--relocatable")
    ground.uv("pip", "install", "--python", plain, "runner")
    ground.sitediff("install", "--python", slim, "runner")
    outcome = []
    for python in (plain, slim):
        moved = python.parent.parent.rename(ground.root / f"moved-{python.parent.parent.name}")
        assert f"runner runs in {moved}" in ground.run(moved / "bin" / "runner")
        outcome.append(f"{held(moved / 'bin' / 'python')}, which runs")
    return outcome[0], outcome[1].replace("which runs", "and the base's runs in it")
