"""Ways to reach what of the base is not declared, and what comes of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "visibility.md"
"""Has a table with a row for each way."""
HIDDEN: Final = "ModuleNotFoundError"


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way.

    Attributes:
        title: What it is, for the documentation.
        code: A program; what it prints is what comes of it.
        reached: What it prints where all can be seen.
        declared: What it prints where only the declared can be seen.
        noted: What is named in ``report``, as ``distribution: module``.
        options: Options of the interpreter.
        since: The first Python that has it.
        until: The last one.
    """

    title: str
    code: str
    reached: str = "reached"
    declared: str = HIDDEN
    noted: tuple[str, ...] = ("unwanted: unwanted",)
    options: tuple[str, ...] = ()
    since: int = 8
    until: int = 99

    def row(self) -> str:
        """Write the row in the documentation."""
        named = ", ".join(f"`{item.partition(': ')[2]}`" for item in self.noted) or "-"
        outcome = {HIDDEN: f"`{HIDDEN}`", self.reached: "as in `base`"}.get(self.declared, self.declared)
        return f"| {self.title} | {self.reached} | {named} | {outcome} |"


def plain(title: str, statement: str, **more: str) -> Way:
    """An import that either works or does not."""
    distribution, module = more.get("noted", "unwanted: unwanted").split(": ")
    name = "" if distribution == "-" else distribution
    return Way(title=title, code=f"{statement}\nprint('reached')", noted=(f"{name}: {module}",))


CHILD: Final = "def child():\n    try:\n        import unwanted\n        print('reached')\n    except ModuleNotFoundError as error:\n        print(type(error).__name__)\n"  # noqa: E501

WAYS: Final = {
    "import": plain("`import x`", "import unwanted"),
    "from": plain("`from x import y`", "from unwanted import VALUE"),
    "submodule": Way(title="`import x.y`", code="import unwanted.sub\nprint('reached')", noted=("unwanted: unwanted",)),
    "dunder": plain("`__import__`", "__import__('unwanted')"),
    "import_module": plain("`importlib.import_module`", "import importlib\nimportlib.import_module('unwanted')"),
    "try": Way(
        title="`try: import x` with `except ImportError`",
        code="try:\n    import unwanted\n    print('reached')\nexcept ImportError:\n    print('did without')",
        declared="did without",
    ),
    "find_spec": Way(
        title="`importlib.util.find_spec`",
        code="from importlib.util import find_spec\nprint('found' if find_spec('unwanted') else 'not found')",
        reached="found",
        declared="not found",
        noted=(),
    ),
    "path_finder": Way(
        title="`importlib.machinery.PathFinder`, asked itself",
        code="from importlib.machinery import PathFinder\n"
        "print('found' if PathFinder.find_spec('unwanted') else 'not found')",
        reached="found",
        declared="not found",
        noted=(),
    ),
    "caches": plain(
        "after `importlib.invalidate_caches()` and with `sys.path_importer_cache` emptied",
        "import importlib, sys\nimportlib.invalidate_caches()\nsys.path_importer_cache.clear()\nimport unwanted",
    ),
    "lazy": Way(
        title="`importlib.util.LazyLoader`",
        noted=(),
        code="import importlib.util as u, sys\n"
        "spec = u.find_spec('unwanted')\n"
        "if spec is None:\n    raise ModuleNotFoundError\n"
        "spec.loader = u.LazyLoader(spec.loader)\n"
        "module = u.module_from_spec(spec)\nspec.loader.exec_module(module)\n"
        "module.VALUE\nprint('reached')",
    ),
    "function": Way(
        title="a lazy import in a function of a declared package",
        code="import wanted\nwanted.late()\nprint('reached')",
    ),
    "relative": Way(
        title="a relative import in a declared package",
        code="import wanted.user\nprint('reached')",
        declared="reached",
        noted=(),
    ),
    "module": Way(title="`python -m x`", code="", options=("-m", "unwanted"), declared="No module named unwanted"),
    "runpy": Way(
        title="`runpy.run_module`",
        code="import runpy\ntry:\n    runpy.run_module('unwanted.__main__')\n"
        "except ImportError:\n    print('ImportError')",
        declared="ImportError",
    ),
    "isolated": plain("`python -I`", "import unwanted"),
    "no_user": plain("`python -s`", "import unwanted"),
    "subprocess": plain(
        "a subprocess",
        "import subprocess, sys\n"
        "if subprocess.call([sys.executable, '-c', 'import unwanted'], stderr=subprocess.DEVNULL):\n"
        "    raise ModuleNotFoundError",
    ),
    "fork": Way(
        title="`multiprocessing`, `fork`",
        code=CHILD + "import multiprocessing as m\nif __name__ == '__main__':\n"
        "    p = m.get_context('fork').Process(target=child)\n    p.start()\n    p.join()",
    ),
    "spawn": Way(
        title="`multiprocessing`, `spawn`",
        code=CHILD + "import multiprocessing as m\nif __name__ == '__main__':\n"
        "    p = m.get_context('spawn').Process(target=child)\n    p.start()\n    p.join()",
    ),
    "exit": Way(
        title="a process that ends with `os._exit`",
        code="import os\ntry:\n    import unwanted\n    os.write(1, b'reached')\n"
        "except ModuleNotFoundError:\n    os.write(1, b'ModuleNotFoundError')\nos._exit(0)",
    ),
    "thread": Way(
        title="a thread",
        code=CHILD + "import threading\nt = threading.Thread(target=child)\nt.start()\nt.join()",
    ),
    "single": plain("a single-file module", "import single", noted="single: single"),
    "extension": plain("a C extension", "import unwanted_c._queue", noted="unwanted-c: unwanted_c"),
    "orphan": plain("a module that belongs to no distribution", "import orphan", noted="-: orphan"),
    "portion": plain("a portion of a namespace package (PEP 420)", "import shared.two", noted="shared-two: shared.two"),
    "portion_from": Way(
        title="the same with `from`",
        code="try:\n    from shared import two\n    print('reached')\nexcept ImportError:\n    print('ImportError')",
        declared="ImportError",
        noted=("shared-two: shared.two",),
    ),
    "deep": plain(
        "a portion of a namespace package in another", "import shared.deep.two", noted="shared-two: shared.deep.two"
    ),
    "portions": Way(
        title="the portions by `pkgutil.iter_modules`",
        code="import pkgutil, shared\nprint(*sorted(m.name for m in pkgutil.iter_modules(shared.__path__)))",
        reached="one two",
        declared="one",
        noted=(),
    ),
    "pkgutil": plain(
        "a portion of a namespace package made with `pkgutil.extend_path`",
        "import legacy.two",
        noted="legacy-two: legacy.two",
    ),
    "added": plain("what it put into a declared package", "import wanted.added", noted="unwanted: wanted.added"),
    "path_file": plain("a directory that its `.pth` file adds", "import in_path", noted="pathed: in_path"),
    "hand_path": plain("a directory that a `.pth` file of nobody adds", "import by_hand", noted="-: by_hand"),
    "egg": plain("a zipped egg", "import zipped", noted="-: zipped"),
    "editable": plain("an editable install with a finder of its own", "import edited", noted="edited: edited"),
    "user_site": Way(title="the user site", code="import of_user\nprint('reached')", noted=("of-user: of_user",)),
    "start": Way(
        title="a module that its `.pth` file imports at each start",
        code="import sys\nprint('loaded' if 'booted' in sys.modules else 'not loaded')",
        reached="loaded",
        declared="not loaded",
        noted=(),
    ),
    "iter_modules": Way(
        title="`pkgutil.iter_modules`",
        code="import pkgutil\nnames = {m.name for m in pkgutil.iter_modules()}\n"
        "print('listed' if 'unwanted' in names else 'not listed', 'wanted' in names)",
        reached="listed True",
        declared="not listed True",
        noted=(),
    ),
    "version": Way(
        title="`importlib.metadata.version`",
        code="from importlib.metadata import version\ntry:\n    print(version('wanted'), version('unwanted'))\n"
        "except ImportError as error:\n    print(type(error).__name__)",
        reached="1.0 1.0",
        declared="PackageNotFoundError",
        noted=(),
    ),
    "distributions": Way(
        title="`importlib.metadata.distributions`",
        code="from importlib.metadata import distributions\nnames = {d.metadata['Name'] for d in distributions()}\n"
        "print('listed' if 'unwanted' in names else 'not listed', 'wanted' in names)",
        reached="listed True",
        declared="not listed True",
        noted=(),
    ),
    "entry_points": Way(
        title="`importlib.metadata.entry_points`",
        code="from importlib.metadata import entry_points\nfound = entry_points()\n"
        "found = found.select(group='demo') if hasattr(found, 'select') else found['demo']\n"
        "print(*sorted({point.name for point in found}))",
        reached="unwanted wanted",
        declared="wanted",
        noted=(),
    ),
    "entry_point": Way(
        title="an entry point that is loaded (a plugin)",
        code="from importlib.metadata import entry_points\nfound = entry_points()\n"
        "found = found.select(group='demo') if hasattr(found, 'select') else found['demo']\n"
        "for point in found:\n    point.load()\nprint(len(set(found)))",
        reached="2",
        declared="1",
        noted=("unwanted: unwanted (demo: unwanted)",),
    ),
    "packages": Way(
        title="`importlib.metadata.packages_distributions`",
        code="from importlib.metadata import packages_distributions\nfound = packages_distributions()\n"
        "print('listed' if 'single' in found else 'not listed', 'wanted' in found)",
        reached="listed True",
        declared="not listed True",
        noted=(),
        since=10,
    ),
    "resources": Way(
        title="`importlib.resources` of a declared package",
        code="import warnings\nwarnings.simplefilter('ignore')\n"
        "from importlib.resources import read_text\nprint(read_text('wanted', 'data.txt'))",
        reached="data",
        declared="data",
        noted=(),
    ),
    # what stays reachable
    "by_hand": Way(
        title="a path into the base that is put into `sys.path` by hand, spelled otherwise",
        code="import os, sys\nsys.path.append(os.environ['LINK_TO_BASE'])\nimport unwanted\nprint('reached')",
        declared="reached",
    ),
    "location": Way(
        title="`importlib.util.spec_from_file_location`",
        code="import importlib.util as u, os\n"
        "spec = u.spec_from_file_location('x', os.environ['BASE_SITE'] + '/unwanted/__init__.py')\n"
        "spec.loader.exec_module(u.module_from_spec(spec))\nprint('reached')",
        declared="reached",
        noted=(),
    ),
    "imp": Way(
        title="`imp.find_module` (until Python 3.11)",
        code="import warnings\nwarnings.simplefilter('ignore')\n"
        "import imp\nimp.find_module('unwanted')\nprint('reached')",
        declared="No module named 'unwanted'",
        noted=(),
        until=11,
    ),
    "open": Way(
        title="`open` of its files",
        code="import os\nopen(os.environ['BASE_SITE'] + '/single.py').close()\nprint('reached')",
        declared="reached",
        noted=(),
    ),
}
