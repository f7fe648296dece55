"""Other plugins of tox, here one in ``toxfile.py``: what tox hands out alive stays alive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.projects import Project

HOOKS = """
import json
from pathlib import Path
from tox.plugin import impl

@impl
def tox_on_install(tox_env, arguments, section, of_type):
    root = tox_env.core["tox_root"]
    variables = tox_env.environment_variables
    # the versions that are tested, in the words of the installer
    variables["PIP_CONSTRAINT"] = variables["UV_CONSTRAINT"] = str(root / "limits.txt")
    tox_env.conf["allowlist_externals"].append("true")
    build = tox_env.installer.build_install_cmd

    def more(args):
        command = build(args)
        if "uv" not in type(tox_env).__name__.lower():
            command.append("svglib")
            return command
        return [*command, "svglib"]

    tox_env.installer.build_install_cmd = more

@impl
def tox_before_run_commands(tox_env):
    tox_env.conf["set_env"].update({"LATER": "later"})
    variables = tox_env.environment_variables
    variables["HOOK"] = "hook"
    taken = variables.pop("PYTHONPYCACHEPREFIX")
    again = tox_env.environment_variables
    gone = "PYTHONPYCACHEPREFIX" not in again
    variables["PYTHONPYCACHEPREFIX"] = taken
    Path(tox_env.env_dir, "hooks.json").write_text(json.dumps({
        "same": again is variables,
        "gone": gone,
        "installer": tox_env.installer is tox_env.installer,
        "lists": all(tox_env.conf[key] is tox_env.conf[key] for key in ("pass_env", "allowlist_externals", "deps")),
    }))
"""


def test_what_a_hook_changes_counts(project: Project) -> None:
    """A constraint that it sets and what it adds to the installation, variables after it, lists of keys."""
    project.write("toxfile.py", HOOKS)
    project.write("limits.txt", "tiny==1.0\n")
    project.ini(
        "deps =\n    frame\n    tiny\ncommands =\n    true\n"
        '    python -c \'import os; print(os.environ["HOOK"], os.environ["LATER"])\'\n'
    )
    run = project.tox("-e", "a").ok()
    assert run.lines("hook later")
    assert project.installed() == {"svglib": "1.5", "tiny": "1.0"}
    assert project.record().declared == ("frame", "svglib", "tiny")
    assert set(project.reused()) == {"dates", "frame", "numlib"}
    found = json.loads((project.directory() / "hooks.json").read_text("utf-8"))
    assert [name for name, is_so in found.items() if not is_so] == []
