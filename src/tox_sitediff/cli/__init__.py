"""The command line: it translates, and holds no logic of its own."""
