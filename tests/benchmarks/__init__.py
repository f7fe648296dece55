"""What benchmarks share, and what the whole check counts."""
