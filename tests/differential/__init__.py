"""The same worlds given to pip, to uv and to tox-sitediff."""
