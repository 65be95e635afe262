"""Reads of this app: one module per noun."""
