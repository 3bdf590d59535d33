"""Use cases, one file each, read top to bottom: a decision asked for, rows written, and what to ring afterwards."""
