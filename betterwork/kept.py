"""Words of a form that was refused for who sent it: kept an hour, shown, sent on by a press.

The sign-in ran out in mid-work, the form is older than the sign-in, or another role is worn by now:
what was typed waits in the cache under a name that only this browser's session holds, for the
person who signed in here last. Files do not: they are chosen again.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

HOLD_SECONDS = 3600
PERSON_SECONDS = 30 * 24 * 3600
MAX_SIGNS = 100_000  # of all fields together; a form of plain words is far below
MOST_AN_HOUR = 60  # of one person
PERSON_COOKIE = "bw_person"  # signed: who signed in last at this browser
_IN_SESSION = "kept_words"
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
_NEVER = re.compile(r"csrfmiddlewaretoken|password|secret|token", re.IGNORECASE)
# Words of a person hold a space or a letter beyond ASCII; ids, codes, dates and choices do not.
_WORDS = re.compile(r"\s|[^\x00-\x7f]")


@dataclass(frozen=True)
class Kept:
    """One form as it was sent, for nobody but `person`. `address` is a path of this site."""

    person: str
    address: str
    fields: Sequence[tuple[str, str]]
    has_files: bool = False

    @property
    def words(self) -> list[str]:
        """What a person will know again."""
        return [value for _name, value in self.fields if _WORDS.search(value.strip())]


def keep(request: HttpRequest) -> bool:
    """Keep the form of this request for its browser; whether there was one to keep.

    Only what a page of this site sent: nobody else puts words before a person to send on.
    """
    if request.method != "POST" or request.content_type not in _FORMS or not _is_ours(request):
        return False
    person = _person(request)
    if not person:
        return False
    try:
        rows = [(n, v) for n, vs in request.POST.lists() for v in vs if not _NEVER.search(n)]
        has_files = bool(request.FILES)
    except (RequestDataTooBig, TooManyFilesSent, OSError):
        return False
    if not rows or sum(len(name) + len(value) for name, value in rows) > MAX_SIGNS:
        return False
    kept = Kept(person, request.get_full_path(), rows, has_files)
    name = secrets.token_urlsafe(24)
    counter = f"kept-count:{person}"
    try:
        cache.add(counter, 0, HOLD_SECONDS)
        if cache.incr(counter) > MOST_AN_HOUR:
            return False
        cache.set(_key(name), asdict(kept), HOLD_SECONDS)
    except Exception:  # the cache is away: the refusal is told without it
        logger.warning("Words of a refused form could not be kept: the cache did not answer.")
        return False
    request.session[_IN_SESSION] = name
    return True


def kept_of(request: HttpRequest) -> Kept | None:
    """What waits for the person at this browser."""
    name = request.session.get(_IN_SESSION)
    found: dict[str, Any] | None = cache.get(_key(name)) if name else None
    waiting = Kept(**found) if found else None
    return waiting if waiting and waiting.person == str(request.user.pk) else None


def remember(response: HttpResponse, request: HttpRequest, person: int) -> None:
    """Note at the sign-in whose words a form is that comes after the session is gone."""
    response.set_signed_cookie(
        PERSON_COOKIE,
        str(person),
        max_age=PERSON_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def _person(request: HttpRequest) -> str:
    """Who typed: who is signed in, else who was last at this browser; empty where nobody was."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    return str(request.get_signed_cookie(PERSON_COOKIE, default="", max_age=PERSON_SECONDS) or "")


def let_go(request: HttpRequest) -> None:
    name = request.session.pop(_IN_SESSION, None)
    if name:
        cache.delete(_key(name))


def _key(name: str) -> str:
    return f"kept:{name}"


def _is_ours(request: HttpRequest) -> bool:
    """Whether a page of this site sent the form; each browser says so with a POST."""
    return request.headers.get("Origin", "") == f"{request.scheme}://{request.get_host()}"
