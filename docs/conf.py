"""How Sphinx builds the documentation: `python -m sphinx -W --keep-going -b html docs TARGET`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
VERSION: Final = re.compile(r'__version__: Final = "(.+)"')

project = "tox-sitediff"
author = "The tox-sitediff developers"
project_copyright = author
_found = VERSION.search((ROOT / "src" / "tox_sitediff" / "__init__.py").read_text("utf-8"))
release = version = _found[1] if _found else ""

extensions = ["myst_parser", "sphinx_copybutton"]
# Markdown's ordinary links lead to pages and to their headings, here as where a repository is looked at
myst_heading_anchors = 4
nitpicky = True

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
highlight_language = "none"

# of a session only what is typed is copied
copybutton_prompt_text = r"\$ |C:\\> "
copybutton_prompt_is_regexp = True

# `sphinx -b linkcheck` asks these for anchors that only a browser's scripts make
linkcheck_anchors_ignore_for_url = [r"https://github\.com/.*"]
linkcheck_timeout = 20
