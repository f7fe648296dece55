"""Slim test environments: inherit a rich base interpreter, install only the difference, with uv."""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"

__all__ = ["__version__"]
