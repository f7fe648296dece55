"""What an environment may see of its base, and what its processes noted of their imports."""
