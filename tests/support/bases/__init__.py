"""Base interpreters: made for a test, or found on the machine."""
