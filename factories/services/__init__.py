"""Writes of factories, their cycles, committees and imports: one module per noun."""
