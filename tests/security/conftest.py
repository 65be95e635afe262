"""One of everything in Bangladesh; in Jordan the people of another tenant."""

from __future__ import annotations

import pytest

from betterwork.tenancy.models import Programme

from . import world as worlds


@pytest.fixture
def world(bd: Programme) -> worlds.World:
    return worlds.build(bd)
