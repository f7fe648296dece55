"""What an interpreter sees: asked, listed and read; nothing is decided here."""
