"""Random worlds, and what pip, uv and the engine make of them."""
