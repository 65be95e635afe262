"""Servers. Every address and secret comes from the environment; a missing one stops the start."""

from __future__ import annotations

from . import env
from .base import *  # noqa: F403

DEBUG = False
DEMO = False
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", [])
if not ALLOWED_HOSTS:
    raise env.SettingError("Set ALLOWED_HOSTS to the host names this server answers to.")
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 1)  # deploy/Caddyfile
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "none")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "none")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
