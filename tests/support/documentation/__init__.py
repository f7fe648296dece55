"""What keeps the documentation true: what of it the code says, and the examples in it."""
