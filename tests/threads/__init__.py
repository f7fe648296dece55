"""What people asked for in public, replayed: what plain uv or tox does, and what happens with sitediff."""
