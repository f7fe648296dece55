"""Filling an environment from a lock file."""
