"""The benchmark: each budget of docs/benchmark.md, measured at two sizes.

`run.py` conducts it; every world is measured by a process of its own (`__main__.py`), because the
settings of a process name one database. Nothing here is imported by the product.
"""
