"""The suite: real stores, mail kept in memory, quick password hashing."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import CACHES, DATABASES

DEBUG = False
SHOW_PARTS = True
DEMO = True
SECRET_KEY = "for tests only, " * 3
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES["default"]["KEY_PREFIX"] = "test"
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
