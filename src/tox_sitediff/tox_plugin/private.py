"""What is used of tox and tox-uv that is not public, and why nothing public will do: each is a place to look at first.

A test compares this list with the code, and with the releases of tox and tox-uv that are installed.
"""

from __future__ import annotations

from typing import Final

SEEN_WITH: Final = {"tox": ">=4.59,<4.68", "tox-uv-bare": ">=1.37,<1.38"}
"""The releases that all of it was seen with."""

OF_TOX: Final = {
    "_allow_externals": "the environment's uv lies outside of it, and what it is told to allow is set nowhere else",
    "_clean": "the notes have to go before the files, so that a run killed in between leaves nothing that looks whole",
    "_default_pass_env": "what is passed by default can only be added to here",
    "_env": "an installer's environment has no public name",
    "_has_display_suspended": "whether anybody sees what an environment says is known nowhere else",
    "_installer": "tox keeps the installer that it makes there, and makes no other one",
    "_setup_env": "what virtualenv would fail on in each run has to be seen first; nothing public comes before",
    "_validate_base_python": "it compares versions, and ends in a traceback where a path is no interpreter's",
}
"""Names of tox's own classes."""

OF_TOX_UV: Final = {
    "_build_uv_sync_cmd": "the command that its keys ask for is what is translated, so that new keys mean the same",
    "_get_virtualenv_py_info": "it asks an interpreter with the variables of tox, where it would write bytecode",
    "_get_python": "of several entries it looks at the first one, and makes a version of a path",
    "_install_pylock": "of a lock file tox makes requirements, which tox-uv leaves to pip",
    "tox_uv._installer": "tox-uv has no public classes",
    "tox_uv._package": "tox-uv has no public classes",
    "tox_uv._run": "tox-uv has no public classes",
    "tox_uv._run_lock": "tox-uv has no public classes",
    "tox_uv._venv": "tox-uv has no public classes",
}
"""Names of tox-uv's classes, and its modules."""
