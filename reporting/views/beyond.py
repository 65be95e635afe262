"""Pages of readers outside a programme: themes of a group, subscriptions of a buyer, programmes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from assessments.models import Assessment, ToolVersion
from assessments.rules.rates import LatestInWindow
from betterwork.accounts.requests import MemberRequest
from betterwork.permissions import Permission, requires
from betterwork.tenancy.models import Programme
from betterwork.ui import formats
from betterwork.ui.parts import Crumb
from factories.models import Factory, FactoryBuyer
from reporting import rates
from reporting.dashboard import Filters
from reporting.rates import Basis, Query

from . import common


@requires(Permission.SEE_THEMES)
@require_GET
def themes(request: MemberRequest) -> HttpResponse:
    """What comes back across a group's factories, released only; `?point=` names the factories."""
    today = timezone.localdate()
    filters = Filters.read(request.GET, released_only=True)
    query = Query(LatestInWindow(*filters.window(today)), Basis.RELEASED)
    now = rates.figures({"now": query})["now"]
    kept = request.GET.copy()
    kept.pop("point", None)
    link = f"?{kept.urlencode()}&" if kept else "?"
    context: dict[str, Any] = {
        "choices": common.choices(filters, {"first_year": today.year - 9}, today, narrow=True),
        "date_range": common.date_range(filters),
        "lede": common.lede(filters, now.n, today),
        "n": now.n,
        "clusters": _clusters(now, link),
    }
    code = str(request.GET.get("point") or "")
    if code:
        place = now.places.get(code)
        if place is None:
            raise Http404
        context |= {
            "place": formats.in_language(place.name),
            "behind": rates.factories_behind(query, place.code),
            "crumbs": [Crumb(_("Themes"), link.rstrip("&?") or "?")],
        }
    return render(request, "reporting/themes.html", context)


def _clusters(now: rates.Figures, link: str) -> list[dict[str, Any]]:
    """Clusters with a finding, each with its points: the most frequent first."""
    grouped = common.shown_points([now])
    found = []
    for cluster in common.cluster_order(now):
        points: list[dict[str, Any]] = [
            {
                "name": formats.in_language(place.name),
                "counted": now.point(place.code),
                "url": f"{link}point={place.code}",
            }
            for place in grouped.get(cluster.cluster, [])
            if now.point(place.code).rate.count
        ]
        if points:
            points.sort(key=lambda row: (-row["counted"].rate.count, row["name"]))
            found.append({"name": formats.in_language(cluster.cluster_name), "points": points})
    return found


@requires(Permission.SEE_SUBSCRIPTIONS)
@require_GET
def subscriptions(request: MemberRequest) -> HttpResponse:
    """Which factories agreed to share with this buyer, since when, and until when it is covered.

    A factory that has not agreed is not named: it decides whether this buyer learns of it.
    """
    today = timezone.localdate()
    own = FactoryBuyer.objects.filter(buyer=request.membership.buyer_id)
    # What a duplicate's link opens hangs on the link of the factory that stands.
    links = {link.factory_id: link for link in own.filter(carried_to__isnull=True)}
    seen = Factory.objects.filter(pk__in=links, merged_into__isnull=True)
    factories = seen.select_related("programme").order_by("programme__code", "name")
    rows = [
        {
            "factory": factory,
            "programme": factory.programme.name_in(formats.language()),
            "link": links[factory.pk],
            "days_left": _days_left(links[factory.pk], today),
        }
        for factory in factories
    ]
    ended = sum(
        1
        for link in links.values()
        if link.consented_on is not None
        and link.subscribed_until is not None
        and link.subscribed_until < today
    )
    return render(request, "reporting/subscriptions.html", {"rows": rows, "ended": ended})


def _days_left(link: FactoryBuyer, today: Any) -> int | None:
    return None if link.subscribed_until is None else (link.subscribed_until - today).days


@requires(Permission.SEE_PROGRAMMES)
@require_GET
def programmes(request: MemberRequest) -> HttpResponse:
    """Every programme with its size, its tool in force and its languages: global staff's list."""
    today = timezone.localdate()
    factories = dict(
        Factory.objects.filter(merged_into__isnull=True, status=Factory.Status.ACTIVE)
        .values_list("programme_id")
        .annotate(n=Count("pk"))
    )
    released: Counter[Any] = Counter()
    this_year: Counter[Any] = Counter()
    counted = Assessment.objects.filter(status=Assessment.Status.RELEASED).order_by()
    for programme, every, recent in counted.values_list("programme_id").annotate(
        every=Count("pk"), recent=Count("pk", filter=Q(starts_on__year=today.year))
    ):
        released[programme], this_year[programme] = every, recent
    versions: dict[Any, ToolVersion] = {}
    published = ToolVersion.objects.filter(
        status=ToolVersion.Status.PUBLISHED, effective_from__lte=today
    )
    for version in published.order_by("effective_from"):
        versions[version.programme_id] = version
    tool = reverse("assessments:tool")
    rows = [
        {
            "programme": programme,
            "name": programme.name_in(formats.language()),
            "factories": factories.get(programme.pk, 0),
            "released": released[programme.pk],
            "this_year": this_year[programme.pk],
            "version": versions.get(programme.pk),
            "tool_url": f"{tool}?programme={programme.code}",
            "languages": common.language_names(programme.languages),
        }
        for programme in Programme.objects.filter(is_active=True).order_by("code")
    ]
    return render(request, "reporting/programmes.html", {"rows": rows})
