"""Random changes to environments, and both ways to see them."""
