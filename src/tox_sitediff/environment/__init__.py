"""One environment's own files: how it is found, what it remembers, its scripts, who is at work in it."""
