"""What the product does, one use case a file, read top to bottom."""
