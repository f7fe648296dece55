"""The sessions of this project, for nox: what tox.ini says for tox."""

from __future__ import annotations

import nox
from tox_sitediff.nox import session

nox.options.default_venv_backend = "uv|virtualenv"


def drawing(session: nox.Session) -> dict[str, str]:
    """What matplotlib needs to know where there is no screen."""
    return {"MPLBACKEND": "Agg", "MPLCONFIGDIR": str(session.cache_dir / "matplotlib")}


@session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install(".[plot]", "--group", "test")
    session.run("pytest", *session.posargs, env=drawing(session))


@session
def cov(session: nox.Session) -> None:
    """Run the tests and measure what they cover."""
    session.install(".[plot]", "pytest-cov", "--group", "test")
    variables = drawing(session) | {"COVERAGE_FILE": str(session.env_dir / "coverage")}
    report = ["--cov=tideline", "--cov-report=term-missing"]
    session.run("pytest", *report, *session.posargs, env=variables)


@session(sitediff=False)
def lint(session: nox.Session) -> None:
    """Check the style, in an environment that takes nothing from the base."""
    session.install("--group", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--diff", ".")
