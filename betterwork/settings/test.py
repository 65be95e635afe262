"""The suite: real stores, mail kept in memory, quick password hashing."""

from __future__ import annotations

import os
from pathlib import Path

# Before base reads them: the suite has stores of its own, quick and thrown away.
os.environ.setdefault("BETTERWORK_STORES_PROFILE", "fast")
os.environ.setdefault("BETTERWORK_VAR", str(Path(__file__).resolve().parents[2] / "var" / "test"))

from .base import *  # noqa: F403
from .base import CACHES, DATABASES, REDIS_URL

DEBUG = False
SHOW_PARTS = True
DEMO = True
SECRET_KEY = "for tests only, " * 3
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES["default"]["KEY_PREFIX"] = "test"
# Tests that run side by side empty the cache, each its own: Redis has sixteen databases.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 14
CACHES["default"]["LOCATION"] = f"{REDIS_URL.rpartition('/')[0]}/{_worker + 1}"
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
