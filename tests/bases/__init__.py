"""Real bases: what people stand on, through the public command, with the real uv, and pip as the judge."""
