"""Under ``report`` an import is put down to whoever wanted it, and not to what carried it out."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Final

import pytest

from support.visibility.ground import VERSIONS, Environment, Ground, distribution
from tox_sitediff.core.model import Visibility
from tox_sitediff.visibility.findings import clear

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOMES: Final = "def importorskip(name):\n    return __import__(name)\n"
HACK: Final = """\
import sys
class Finder:
    def find_spec(self, fullname, path=None, target=None):
        if fullname == 'replaced':
            import importlib
            importlib.import_module('unwanted')
sys.meta_path.insert(0, Finder())
"""
ASKERS: Final[Mapping[str, str]] = {
    "importlib.import_module": """
        import importlib
        importlib.import_module("unwanted")  # here
        """,
    "pytest.importorskip": """
        from _pytest.outcomes import importorskip
        importorskip("unwanted")  # here
        """,
    "pkgutil": """
        import os, pkgutil
        list(pkgutil.walk_packages([os.environ["BASE_SITE"]], onerror=lambda name: None))  # here
        """,
    "pydoc": """
        import pydoc
        pydoc.locate("unwanted")  # here
        """,
    "unittest.mock": """
        from unittest import mock
        with mock.patch("unwanted.VALUE", 2):  # here
            pass
        """,
    "logging.config": """
        import logging.config
        config = {"version": 1, "formatters": {"a": {"()": "unwanted.plugin"}}}
        logging.config.dictConfig(config)  # here
        """,
    "pickle": """
        import pickle
        pickle.loads(b"cunwanted\\nplugin\\n.")  # here
        """,
    "_distutils_hack": """
        import _distutils_hack
        try:
            import replaced  # here
        except ImportError:
            pass
        """,
    "exec": """
        exec("import unwanted")  # here
        """,
    "a function made by exec": """
        exec("def f(): import unwanted")
        f()  # here
        """,
    "a thread": """
        import threading
        def run():
            import unwanted  # here
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        """,
    "what the standard library looks up": """
        import xml.dom
        xml.dom.domreg.well_known_implementations["demo"] = "unwanted"
        try:
            xml.dom.getDOMImplementation("demo")  # here
        except Exception:
            pass
        """,
    "multiprocessing": """
        import multiprocessing as m
        def child(queue):
            queue.put(1)
            import pydoc
            pydoc.locate("unwanted")  # here
        if __name__ == "__main__":
            context = m.get_context("spawn")
            queue = context.Queue()
            process = context.Process(target=child, args=(queue,))
            process.start()
            queue.get()
            process.join()
        """,
    "a queue of multiprocessing": """
        import multiprocessing as m
        queue = m.get_context("fork").SimpleQueue()
        queue._writer.send_bytes(b"cunwanted\\nplugin\\n.")
        queue.get()  # here
        """,
}
"""Programs; a comment marks the line that wants the module."""


@pytest.fixture(scope="module", params=sorted({VERSIONS[0], VERSIONS[-1]}))
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment, with stand-ins for pytest and setuptools where they are other distributions' modules."""
    ground = Ground(tmp_path_factory.mktemp("ground"), request.param)
    distribution(ground.base.site, "pytest", {"_pytest/__init__.py": "", "_pytest/outcomes.py": OUTCOMES})
    distribution(ground.base.site, "setuptools", {"_distutils_hack/__init__.py": HACK})
    environment = ground.environment(Visibility.REPORT)
    environment.write("wanted", "pytest", "setuptools")
    return environment


@pytest.mark.parametrize("name", ASKERS)
def test_who_wanted_it_is_named(report: Environment, name: str) -> None:
    """The project's file and line, whatever of the standard library or of a test runner did it for it."""
    clear(report.directory)
    code = dedent(ASKERS[name])
    line = next(at for at, text in enumerate(code.splitlines(), 1) if text.endswith("# here"))
    program = report.work / "asks.py"
    program.write_text(code, encoding="utf-8")
    done = report.run(program)
    assert (done.returncode, done.stderr) == (0, "")
    (item,) = (item for item in report.found().undeclared if item.name == "unwanted")
    assert (item.imported_by, item.by_project) == (f"{program}:{line}", True)


def by(report: Environment, name: str = "unwanted") -> list[tuple[str, bool]]:
    return [(item.imported_by, item.by_project) for item in report.found().undeclared if item.name == name]


CELL: Final = """\
class Shell:  # as far as IPython's, in whose namespace cells are run
    def __init__(self):
        self.compile = self
        self._filename_map = {}
    def get_ipython(self):
        return self
shell = Shell()
names = {"get_ipython": shell.get_ipython, "__name__": "__main__", **NAMES}
shell._filename_map["/tmp/ipykernel_7/123.py"] = 3
exec(compile("\\nimport unwanted", "/tmp/ipykernel_7/123.py", "exec"), names)
"""


def test_a_cell_is_named_by_its_notebook(report: Environment) -> None:
    """Where the kernel tells it; or else by the directory. The shell is a stand-in for IPython's."""
    for names, book in (
        ("{'__session__': 'books/one.ipynb'}", "books/one.ipynb"),
        ("{'__vsc_ipynb_file__': '/books/two.ipynb'}", "/books/two.ipynb"),
        ("{}", "notebook"),
    ):
        clear(report.directory)
        (report.work / "kernel.py").write_text(CELL.replace("NAMES", names), encoding="utf-8")
        assert report.run("kernel.py").returncode == 0
        assert by(report) == [(f"{report.work / book}, cell 3:2", True)]


def test_code_that_is_in_no_file_is_the_project_s(report: Environment) -> None:
    """What stands behind -c, what comes from the standard input, and doctests."""
    clear(report.directory)
    report.run("-c", "\nimport unwanted")
    assert by(report) == [("python -c:2", True)]
    clear(report.directory)
    tested = report.work / "tested.py"
    tested.write_text('"""\n>>> import unwanted\n"""\nimport doctest\ndoctest.testmod()\n', encoding="utf-8")
    assert report.run("tested.py").stdout == ""
    ((importer, is_own),) = by(report)
    assert importer.startswith(f"{tested}, doctest ")
    assert is_own


def test_the_standard_library_is_not_the_project_s_own_code(report: Environment) -> None:
    """Where nothing else is known, it is named, and that it is not the project's."""
    clear(report.directory)
    report.run("-m", "unwanted")
    ((importer, is_own),) = by(report)
    assert "runpy" in importer
    assert not is_own


def test_a_sitecustomize_of_the_user_s_counts(report: Environment) -> None:
    """One in the project's directory is the project's; what the base's imports at each start is not what is run."""
    for place, expected in ((report.work, 1), (report.ground.base.site, 0)):
        clear(report.directory)
        file = place / "sitecustomize.py"
        file.write_text("import unwanted\n", encoding="utf-8")
        try:
            assert report.run("-c", "pass", PYTHONPATH=str(report.work)).stderr == ""
        finally:
            file.unlink()
        assert by(report) == [(f"{file}:1", True)] * expected


def test_a_stale_line_of_a_record_is_no_import(report: Environment) -> None:
    """What RECORD names and nobody finds was not imported; nor what a finder of an editable install has no more."""
    site = report.ground.base.site
    distribution(site, "stale", {"stale.py": ""})
    distribution(site, "moved", {"__editable___moved_1_finder.py": "MAPPING: dict = {'moved': '/nowhere/moved.py'}\n"})
    (site / "stale.py").unlink()
    report.write(*report.declared)
    clear(report.directory)
    code = dedent("""
        for name in "stale", "moved":
            try:
                __import__(name)
            except ImportError:
                print(name)
        """)
    assert report.run("-c", code).stdout.split() == ["stale", "moved"]
    assert report.found().undeclared == ()


def test_an_import_that_the_importer_does_without_is_marked(report: Environment) -> None:
    """In try with except ImportError; of two importers the one that can't counts."""
    for code, optional in (
        ("try:\n    import unwanted\nexcept ImportError:\n    pass\n", True),
        ("try:\n    import unwanted\nexcept ImportError:\n    raise\n", False),
        ("from contextlib import suppress\nwith suppress(ImportError):\n    import unwanted\n", True),
        ("try:\n    import unwanted\nexcept ImportError:\n    pass\n\nimport unwanted\n", False),
    ):
        clear(report.directory)
        (report.work / "tries.py").write_text(code, encoding="utf-8")
        assert report.run("tries.py").returncode == 0
        (item,) = report.found().undeclared
        assert item.optional is optional


def test_who_is_not_the_first_to_import_is_found_too(report: Environment) -> None:
    """A module that a distribution loaded before is there already; the project's file says that it imports it."""
    clear(report.directory)
    (report.work / "later.py").write_text("import wanted\nwanted.late()\nimport unwanted.sub\n", encoding="utf-8")
    assert report.run("later.py").returncode == 0
    assert by(report) == [(f"{report.work / 'later.py'}:3", True)]
    assert [(item.name, item.needs) for item in report.found().unstated] == [("wanted", "unwanted")]
