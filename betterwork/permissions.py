"""Who may do what: one table, role by action, closed by default.

A view declares `@requires(Permission.X)`; a test walks the URLconf and fails on one that does not.
Where a role may act but not on this very thing (not my factory, not my team), the row is invisible
(row-level security) or the service refuses with a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from betterwork import kept
from betterwork.accounts.models import Role


class Permission(StrEnum):
    """Actions, named `<thing>.<verb>`."""

    # Anybody, signed in or not; and anybody who is signed in.
    PUBLIC = "public"
    SIGNED_IN = "signed_in"

    SEE_WORK = "work.see"
    SEE_DASHBOARD = "dashboard.see"
    SEE_RATES = "rates.see"
    EXPORT_ANALYST = "analyst_exports.make"
    SEE_TRAIL = "trail.see"
    CHANGE_SETTINGS = "settings.change"
    SEE_SETTINGS = "settings.see"
    MANAGE_PEOPLE = "people.manage"

    SEE_FACTORIES = "factories.see"
    CHANGE_FACTORIES = "factories.change"
    IMPORT_FACTORIES = "factories.import"
    MERGE_FACTORIES = "factories.merge"
    SEE_BUYERS = "factory_buyers.see"
    CHANGE_BUYERS = "factory_buyers.change"
    SEE_CYCLES = "cycles.see"
    SEE_NIGHTLY = "nightly.see"
    CHANGE_CYCLES = "cycles.change"
    SEE_COMMITTEES = "committees.see"
    CHANGE_COMMITTEES = "committees.change"
    RECORD_MEETINGS = "meetings.record"

    SEE_TOOL = "tool.see"
    CHANGE_TOOL = "tool.change"
    REVIEW_TOOL = "tool.review"
    PLAN_ASSESSMENTS = "assessments.plan"
    SEE_ASSESSMENTS = "assessments.see"
    KEEP_OWN_TIME = "own_time.keep"
    RECORD_CLOSURES = "closures.record"
    CONDUCT_ASSESSMENTS = "assessments.conduct"
    REVIEW_ASSESSMENTS = "assessments.review"
    RELEASE_ASSESSMENTS = "assessments.release"
    READ_DRAFTS = "drafts.read"
    COMMENT_DRAFTS = "drafts.comment"
    READ_REPORTS = "reports.read"

    SEE_PLANS = "plans.see"
    CREATE_ITEMS = "plan_items.create"
    UPDATE_ITEMS = "plan_items.update"
    CONFIRM_ITEMS = "plan_items.confirm"
    VERIFY_ITEMS = "plan_items.verify"
    NUDGE = "nudges.send"
    SEE_VISITS = "visits.see"
    RECORD_VISITS = "visits.record"
    CONFIRM_VISITS = "visits.confirm"
    DO_SELF_DIAGNOSIS = "self_diagnosis.do"
    WRITE_PROGRESS_REPORTS = "progress_reports.write"
    SEE_AGGREGATES = "aggregates.see"
    SEE_THEMES = "themes.see"
    SEE_SUBSCRIPTIONS = "subscriptions.see"
    SEE_PROGRAMMES = "programmes.see"


_P = Permission
_EVERY_STAFF = {
    _P.SEE_WORK,
    _P.SEE_FACTORIES,
    _P.SEE_CYCLES,
    _P.SEE_NIGHTLY,
    _P.SEE_COMMITTEES,
    _P.SEE_TOOL,
    _P.SEE_ASSESSMENTS,
    _P.READ_DRAFTS,
    _P.READ_REPORTS,
    _P.SEE_PLANS,
    _P.SEE_VISITS,
    _P.SEE_RATES,
    _P.SEE_SETTINGS,
    _P.SEE_AGGREGATES,
}
_FACTORY = {
    _P.SEE_WORK,
    _P.SEE_FACTORIES,
    _P.SEE_CYCLES,
    _P.SEE_COMMITTEES,
    _P.READ_DRAFTS,
    _P.READ_REPORTS,
    _P.SEE_PLANS,
    _P.SEE_VISITS,
}

TABLE: dict[str, frozenset[Permission]] = {
    Role.ADVISOR: frozenset(
        _EVERY_STAFF
        | {
            _P.CHANGE_FACTORIES,
            _P.SEE_BUYERS,
            _P.CHANGE_CYCLES,
            _P.CHANGE_COMMITTEES,
            _P.RECORD_MEETINGS,
            _P.KEEP_OWN_TIME,
            _P.RECORD_CLOSURES,
            _P.CONDUCT_ASSESSMENTS,
            _P.CREATE_ITEMS,
            _P.UPDATE_ITEMS,
            _P.VERIFY_ITEMS,
            _P.NUDGE,
            _P.RECORD_VISITS,
            _P.DO_SELF_DIAGNOSIS,
        }
    ),
    Role.MANAGER: frozenset(
        _EVERY_STAFF
        | {
            _P.SEE_DASHBOARD,
            _P.EXPORT_ANALYST,
            _P.SEE_TRAIL,
            _P.CHANGE_SETTINGS,
            _P.MANAGE_PEOPLE,
            _P.CHANGE_FACTORIES,
            _P.IMPORT_FACTORIES,
            _P.MERGE_FACTORIES,
            _P.SEE_BUYERS,
            _P.CHANGE_BUYERS,
            _P.CHANGE_CYCLES,
            _P.CHANGE_COMMITTEES,
            _P.RECORD_CLOSURES,
            _P.REVIEW_ASSESSMENTS,
            _P.RELEASE_ASSESSMENTS,
            # The second person, where a programme has a single legal officer.
            _P.REVIEW_TOOL,
            _P.CREATE_ITEMS,
            _P.VERIFY_ITEMS,
            _P.NUDGE,
        }
    ),
    Role.STAFF: frozenset(
        _EVERY_STAFF
        | {
            _P.SEE_DASHBOARD,
            _P.EXPORT_ANALYST,
            _P.CHANGE_FACTORIES,
            _P.IMPORT_FACTORIES,
            _P.SEE_BUYERS,
            _P.CHANGE_BUYERS,
            _P.CHANGE_CYCLES,
            _P.CHANGE_COMMITTEES,
            _P.RECORD_CLOSURES,
            _P.REVIEW_ASSESSMENTS,
            _P.NUDGE,
        }
    ),
    # A planner's trail holds sealed visits too (row-level security); nobody else's does.
    Role.PLANNER: frozenset(_EVERY_STAFF | {_P.PLAN_ASSESSMENTS, _P.RECORD_CLOSURES, _P.SEE_TRAIL}),
    Role.CAT_EDITOR: frozenset(_EVERY_STAFF | {_P.CHANGE_TOOL, _P.REVIEW_TOOL}),
    Role.AMBASSADOR: frozenset(
        _FACTORY
        | {
            _P.COMMENT_DRAFTS,
            _P.CREATE_ITEMS,
            _P.UPDATE_ITEMS,
            _P.RECORD_MEETINGS,
            _P.DO_SELF_DIAGNOSIS,
            _P.WRITE_PROGRESS_REPORTS,
            _P.CONFIRM_VISITS,
            _P.SEE_BUYERS,
            _P.CHANGE_BUYERS,
        }
    ),
    Role.COMMITTEE_WORKER: frozenset(
        _FACTORY | {_P.CONFIRM_ITEMS, _P.RECORD_MEETINGS, _P.DO_SELF_DIAGNOSIS}
    ),
    Role.COMMITTEE_MANAGEMENT: frozenset(
        _FACTORY
        | {
            _P.CONFIRM_ITEMS,
            _P.CONFIRM_VISITS,
            _P.RECORD_MEETINGS,
            _P.DO_SELF_DIAGNOSIS,
            _P.COMMENT_DRAFTS,
        }
    ),
    Role.GROUP_LEAD: frozenset(
        {
            _P.SEE_WORK,
            _P.SEE_FACTORIES,
            _P.READ_REPORTS,
            _P.SEE_PLANS,
            _P.SEE_AGGREGATES,
            _P.SEE_THEMES,
        }
    ),
    Role.BUYER: frozenset(
        {_P.SEE_WORK, _P.SEE_FACTORIES, _P.READ_REPORTS, _P.SEE_PLANS, _P.SEE_SUBSCRIPTIONS}
    ),
    Role.CONSTITUENT: frozenset({_P.SEE_WORK, _P.SEE_AGGREGATES}),
    Role.GLOBAL: frozenset(
        {
            _P.SEE_WORK,
            _P.SEE_FACTORIES,
            _P.SEE_ASSESSMENTS,
            _P.READ_REPORTS,
            _P.SEE_AGGREGATES,
            _P.SEE_TOOL,
            _P.SEE_TRAIL,
            _P.SEE_PROGRAMMES,
        }
    ),
}

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the hat this request wears allows the action."""
    if permission is Permission.PUBLIC:
        return True
    if not request.user.is_authenticated:
        return False
    if permission is Permission.SIGNED_IN:
        return True
    membership = getattr(request, "membership", None)
    return membership is not None and permission in TABLE.get(membership.role, frozenset())


def roles_with(permission: Permission) -> list[str]:
    """Roles the action is open to: what a refusal tells the person who asks."""
    return [role for role, allowed in TABLE.items() if permission in allowed]


class Refused(PermissionDenied):
    """A role without the right; carries the permission for the page that explains it."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission.value)
        self.permission = permission


def to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in, and from there back: to the page, or to what was typed on it."""
    after = reverse("kept") if kept.keep(request) else request.get_full_path()
    if not request.headers.get("HX-Request"):
        return redirect_to_login(after)
    # A part of a page asked: the whole page goes, else the sign-in would stand within it.
    if after == request.get_full_path():
        after = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
    answer = HttpResponse(status=401)
    answer["HX-Redirect"] = redirect_to_login(after).url
    return answer


def requires(*permissions: Permission) -> Callable[[View], View]:
    """Allow the view to hats holding any of `permissions`; visitors are sent to the sign-in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(may(request, permission) for permission in permissions):
                if not request.user.is_authenticated:
                    return to_sign_in(request)
                raise Refused(permissions[0])
            return view(request, *args, **kwargs)

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate
