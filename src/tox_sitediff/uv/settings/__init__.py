"""What uv's and pip's configuration files and variables set."""
