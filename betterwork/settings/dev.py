"""One machine, embedded stores, demo data: what `make run` starts."""

from __future__ import annotations

import secrets

from . import env
from .base import *  # noqa: F403
from .base import VAR_DIR

DEBUG = env.flag("DEBUG", False)
SHOW_PARTS = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.words("ALLOWED_HOSTS", [])]


def _kept_secret() -> str:
    """A key of this machine's own, made once: sessions outlive a restart and no key is shared."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text().strip()


SECRET_KEY = _kept_secret()
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEMO = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
