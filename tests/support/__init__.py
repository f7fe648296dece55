"""What tests share: bases, wheels and indexes to stand on, values to draw, and tools to run and to judge."""
