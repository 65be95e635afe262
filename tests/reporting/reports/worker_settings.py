"""The suite's settings for a process of its own, with the files of the test that started it."""

from __future__ import annotations

import os
from pathlib import Path

from betterwork.settings.test import *  # noqa: F403

MEDIA_ROOT = Path(os.environ["WORKER_MEDIA"])
