"""Content the product ships, read once and checked."""
