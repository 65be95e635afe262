"""What the middleware has put on a request by the time a view sees it; for annotations only."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from .models import Membership, User


class PersonRequest(HttpRequest):
    """The request of somebody who is signed in: the hat worn, if any, and all the hats."""

    user: User
    membership: Membership | None
    hats: list[Membership]
    LANGUAGE_CODE: str


class VisitorRequest(HttpRequest):
    """The request of anybody, signed in or not."""

    user: User | AnonymousUser
    LANGUAGE_CODE: str


class MemberRequest(PersonRequest):
    """The request of somebody who acts in a role.

    What every view sees whose permissions are those of roles: `requires` lets nobody else in.
    """

    membership: Membership
