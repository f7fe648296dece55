"""The tox front end: it translates between tox and the engine, and holds no logic of its own."""
