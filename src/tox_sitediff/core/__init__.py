"""The values that travel and what is decided about them (pure): no file, no process, no variable of the system."""
