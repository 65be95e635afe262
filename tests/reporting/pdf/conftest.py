"""The PDF engine needs neither database nor cache, only the font packages of package.json."""

import pytest


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Instead of the suite's fixture of the same name, which needs Redis."""
