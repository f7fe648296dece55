"""uv, the one resolver and installer: its program, its arguments, its settings, and what it is shown of the base."""
