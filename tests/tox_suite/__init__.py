"""tox's own suite, run with the plugin active."""
