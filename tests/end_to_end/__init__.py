"""The public ``tox`` command on a real base interpreter, with real environments and the real uv, without a network."""
