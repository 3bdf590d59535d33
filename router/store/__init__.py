"""Postgres rows in and out; nothing is decided here. `session` is the only door and sets the tenant."""
