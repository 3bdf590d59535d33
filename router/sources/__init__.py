"""Ways in: one file a format, pure, bytes to RawAlert. `registry` is the one list."""
