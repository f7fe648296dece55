"""What goes wrong, tried end to end through tox: bad input, odd bases, faults."""
