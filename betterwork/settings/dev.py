"""One machine, embedded stores, demo data: what `make run` starts."""

from __future__ import annotations

import json
import secrets

from . import base, env
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


def _running_address() -> str:
    """Where `make run` serves this folder's data, for links in mail that a command sends."""
    try:
        return str(json.loads((VAR_DIR / "run.json").read_text())["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return base.SITE_ADDRESS


SECRET_KEY = _kept_secret()
SITE_ADDRESS = env.text("SITE_ADDRESS", _running_address())
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
DEMO = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
