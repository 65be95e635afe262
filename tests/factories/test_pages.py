"""Every page of the app, opened by the roles that may: through HTTP, in few queries."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from betterwork.accounts.models import Role
from betterwork.records.models import TrailEvent
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import Buyer, Factory, FactoryBuyer, ManufacturingGroup
from factories.rules.committee_law import Confidence
from factories.rules.committees import Check, CheckKey, Outcome
from factories.services import committees as committee_services
from factories.services import cycles as cycle_services
from factories.services import factories as services
from factories.views.committees import check_rule
from tests import builders


def make_full_factory(name: str = "Padma Stitchworks", **extra: Any) -> Factory:
    factory = builders.make_factory(name, **extra)
    cycle = cycle_services.open_cycle(factory_id=factory.pk, starts_on=date(2026, 9, 1))
    cycle_services.record_fact(
        cycle_id=cycle.pk, kind="advisory_visit", happened_on=date(2026, 9, 10)
    )
    return factory


@pytest.mark.parametrize("rows", [2, 20])
def test_list_query_budget(
    bd: Any, sign_in: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    advisor = builders.make_member("advisor")
    for number in range(rows):
        make_full_factory(f"Factory {number:02}", advisor=advisor)
    client = sign_in(user=advisor)
    client.get(reverse("factories:list"))
    # Three more than in the product: the test's own savepoint, and the scope put back after it.
    with django_assert_max_num_queries(10 + 3):
        answer = client.get(reverse("factories:list"))
    assert answer.status_code == 200
    assert answer.content.decode().count('<th scope="row">') == rows


def test_list_finds_names_ids_and_places_in_any_script(bd: Any, sign_in: Any) -> None:
    builders.make_factory("Meghna Crest", local_name="মেঘনা ক্রেস্ট", os_id="BD2021250D1DTN7")
    builders.make_factory("Wadi Nada", local_name="مصنع وادي الندى", city="Sreepur")
    client = sign_in("manager")
    for text, found, other in (
        ("মেঘনা", "Meghna Crest", "Wadi Nada"),
        ("الندى", "Wadi Nada", "Meghna Crest"),
        ("d1dtn7", "Meghna Crest", "Wadi Nada"),
        ("nada sree", "Wadi Nada", "Meghna Crest"),
    ):
        page = client.get(reverse("factories:list"), {"q": text}).content.decode()
        assert found in page
        assert other not in page


def test_list_filters_sorts_and_exports_what_is_shown(bd: Any, sign_in: Any) -> None:
    builders.make_factory("=HYPERLINK()", region="Dhaka", workers_female=10, workers_male=1)
    builders.make_factory("Small one", region="Dhaka", workers_female=1, workers_male=1)
    builders.make_factory("Elsewhere", region="Chattogram")
    client = sign_in("manager")
    url = reverse("factories:list")
    page = client.get(url, {"region": "Dhaka", "sort": "-workers"}).content.decode()
    assert page.index("HYPERLINK") < page.index("Small one")
    assert "Elsewhere" not in page
    text = client.get(url, {"region": "Dhaka", "format": "csv"}).content.decode("utf-8-sig")
    assert "'=HYPERLINK()" in text
    assert "Elsewhere" not in text
    book = client.get(url, {"region": "Dhaka", "format": "xlsx"})
    assert book.content[:2] == b"PK"
    assert client.get(url, {"sort": "password", "group": "x", "cycle": "1e9"}).status_code == 200


@pytest.mark.parametrize("role", ["advisor", "manager", "staff", "planner", "cat_editor"])
def test_staff_open_every_page_of_a_factory(bd: Any, sign_in: Any, role: str) -> None:
    factory = make_full_factory()
    client = sign_in(role)
    for name in ("factories:detail", "factories:cycle"):
        page = client.get(reverse(name, args=[factory.pk]))
        assert page.status_code == 200
        assert "Padma Stitchworks" in page.content.decode()


@pytest.mark.parametrize("role", ["ambassador", "committee_worker", "committee_management"])
def test_factory_people_see_their_own_and_nothing_else(bd: Any, sign_in: Any, role: str) -> None:
    mine, other = make_full_factory("Mine Apparel"), make_full_factory("Other Apparel")
    client = sign_in(role, factory=mine)
    page = client.get(reverse("factories:mine"))
    assert page.status_code == 200
    assert "Mine Apparel" in page.content.decode()
    for name in ("factories:detail", "factories:cycle"):
        assert client.get(reverse(name, args=[other.pk])).status_code == 404
        assert client.get(reverse(name, args=[mine.pk])).status_code == 200
    assert client.get(reverse("factories:my_committee")).status_code == 200
    assert client.get(reverse("factories:edit", args=[mine.pk])).status_code == 403


def test_other_programme_gets_404(bd: Any, jordan: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    client = sign_in("manager", programme="JO")
    for name in ("detail", "edit", "status", "merge", "cycle", "cycle_open"):
        assert client.get(reverse(f"factories:{name}", args=[factory.pk])).status_code == 404


def test_buyer_never_sees_another_buyers_link(bd: Any, sign_in: Any) -> None:
    first, second = (
        Buyer.objects.create(name="Alpha Brand"),
        Buyer.objects.create(name="Beta Brand"),
    )
    factory = make_full_factory()
    for buyer in (first, second):
        FactoryBuyer.objects.create(
            factory=factory, buyer=buyer, consented_on=date(2026, 1, 1),
            subscribed_until=date(2090, 1, 1),
        )  # fmt: skip
    client = sign_in("buyer", buyer=first)
    page = client.get(reverse("factories:detail", args=[factory.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Beta Brand" not in text
    assert "600" not in text  # the head count is confidential
    listed = client.get(reverse("factories:list")).content.decode()
    assert "Padma Stitchworks" in listed
    assert "Enterprise advisor" not in listed
    with (
        scope.programme_scope(bd.pk, role="buyer"),
        scope.scope(scope.Facts("buyer", None, None, None, first.pk)),
    ):
        assert list(FactoryBuyer.objects.values_list("buyer_id", flat=True)) == [first.pk]


def test_group_lead_sees_the_factories_of_the_group(bd: Any, sign_in: Any) -> None:
    group = ManufacturingGroup.objects.create(name="Delta Holding")
    inside = make_full_factory("Inside", group=group)
    outside = make_full_factory("Outside")
    client = sign_in("group_lead", group=group)
    page = client.get(reverse("factories:list")).content.decode()
    assert "Inside" in page
    assert "Outside" not in page
    assert client.get(reverse("factories:detail", args=[inside.pk])).status_code == 200
    assert client.get(reverse("factories:detail", args=[outside.pk])).status_code == 404


def registration(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Surma Outerwear", "region": "Sylhet", "city": "Sylhet",
        "factory_type": "garment", "isic_division": "14", "registered_on": "2026-10-01",
        "starts_on": "2026-10-01", "workers_female": "30", "workers_male": "20",
        "contact_name": "Rokeya Begum", "buyer_1": "Alpha Brand", "buyer_1_since": "2019",
        "buyer_1_relation": "direct", "request_key": uuid.uuid4().hex, "weekly_rest": ["4"],
        "languages": ["bn", "en"], "peer_grouping": "on", **changes,
    }  # fmt: skip


def test_registration_keeps_everything_and_sends_once(bd: Any, sign_in: Any) -> None:
    client, data = sign_in("manager"), registration()
    assert client.get(reverse("factories:new")).status_code == 200
    for _again in range(2):
        answer = client.post(reverse("factories:new"), data)
        assert answer.status_code == 302
    factory = Factory.objects.get(name="Surma Outerwear")
    assert factory.code.startswith("BD-")
    assert (factory.workers_female, factory.workers_male) == (30, 20)
    assert factory.weekly_rest == [4]
    assert factory.languages == ["bn", "en"]
    assert factory.cycles.get().number == 1
    assert factory.buyer_links.get().buyer.name == "Alpha Brand"
    assert factory.contacts.get().is_main
    assert TrailEvent.objects.filter(factory=factory, action="factory_registered").count() == 1


def test_registration_asks_about_a_near_name_and_keeps_input(bd: Any, sign_in: Any) -> None:
    builders.make_factory("Surma Outer Wear Ltd.", region="Sylhet")
    client, data = sign_in("advisor"), registration(city="Beanibazar")
    answer = client.post(reverse("factories:new"), data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Surma Outer Wear Ltd." in text
    assert "Beanibazar" in text
    assert not Factory.objects.filter(name="Surma Outerwear").exists()
    answer = client.post(reverse("factories:new"), {**data, "is_no_duplicate": "yes"})
    assert answer.status_code == 302


def test_wrong_ids_are_explained_at_their_field(bd: Any, sign_in: Any) -> None:
    client = sign_in("manager")
    data = registration(os_id="BD123", gateway_id="??", latitude="95", longitude="")
    answer = client.post(reverse("factories:new"), data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "is not an OS ID" in text
    assert "is not an SLCP Gateway id" in text
    assert 'value="BD123"' in text
    assert not Factory.objects.filter(name="Surma Outerwear").exists()


def test_edit_changes_one_section_and_the_timeline_tells(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    client = sign_in("advisor")
    url = reverse("factories:edit_section", args=[factory.pk, "location"])
    assert client.get(url).status_code == 200
    data = {"city": "Savar", "region": "Dhaka", "latitude": "23.85", "longitude": "90.27"}
    for _again in range(2):
        assert client.post(url, data).status_code == 302
    factory.refresh_from_db()
    assert (factory.city, str(factory.latitude)) == ("Savar", "23.850000")
    assert TrailEvent.objects.filter(factory=factory, action="factory_changed").count() == 1
    assert client.post(url, {"latitude": "1"}).status_code == 422
    page = client.get(reverse("factories:detail", args=[factory.pk])).content.decode()
    assert "changed the factory" in page


def test_status_needs_a_reason_and_keeps_its_history(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    client, url = sign_in("manager"), reverse("factories:status", args=[factory.pk])
    answer = client.post(url, {"status": "suspended", "since": "2026-10-01"})
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    data = {"status": "suspended", "since": "2026-10-01", "status_reason": "Fire damage"}
    for _again in range(2):
        assert client.post(url, data).status_code == 302
    assert factory.status_changes.count() == 1
    factory.refresh_from_db()
    assert (factory.status, factory.status_reason) == ("suspended", "Fire damage")


def test_ambassador_counts_workers_and_decides_on_sharing(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    link = services.link_buyer(factory_id=factory.pk, line=services.BuyerLine("Alpha Brand", 2020))
    client = sign_in("ambassador", factory=factory)
    answer = client.post(
        reverse("factories:workforce", args=[factory.pk]),
        {"counted_on": "2026-10-31", "female": "70", "male": "30", "source": "payroll"},
    )
    assert answer.status_code == 302
    factory.refresh_from_db()
    assert factory.worker_count == 100
    step = reverse("factories:buyer_step", args=[factory.pk, link.pk])
    assert client.post(step, {"step": "agree"}).status_code == 302
    link.refresh_from_db()
    assert link.consented_on is not None
    assert client.post(step, {"step": "withdraw"}).status_code == 302
    link.refresh_from_db()
    assert link.consent_ended_on is not None
    other = make_full_factory("Other")
    assert client.get(reverse("factories:workforce", args=[other.pk])).status_code == 404


def test_staff_cannot_agree_for_the_factory(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    link = services.link_buyer(factory_id=factory.pk, line=services.BuyerLine("Alpha Brand"))
    step = reverse("factories:buyer_step", args=[factory.pk, link.pk])
    assert sign_in("manager").post(step, {"step": "agree"}).status_code == 400
    link.refresh_from_db()
    assert link.consented_on is None


def test_cycle_page_explains_takes_a_drift_and_opens_the_next(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    client = sign_in("advisor")
    page = client.get(reverse("factories:cycle", args=[factory.pk])).content.decode()
    assert "days of the initial advisory" in page
    drift = reverse("factories:drift", args=[factory.pk, "initial_advisory"])
    assert client.get(drift).status_code == 200
    assert client.post(drift, {"reason": "other", "how": "keep"}).status_code == 422
    data = {"reason": "peak_season", "how": "move", "new_due_on": "2090-01-01", "note": ""}
    assert client.post(drift, data).status_code == 302
    assert (
        "Peak season" in client.get(reverse("factories:cycle", args=[factory.pk])).content.decode()
    )
    hidden = reverse("factories:drift", args=[factory.pk, "assessment"])
    assert client.get(hidden).status_code == 404
    url = reverse("factories:cycle_open", args=[factory.pk])
    assert client.post(url, {"starts_on": "2026-01-01"}).status_code == 422
    assert client.post(url, {"starts_on": "2027-09-01"}).status_code == 302
    assert factory.cycles.count() == 2


def test_committee_from_forming_to_chair(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory(has_trade_union=False)
    client: Client = sign_in("advisor")
    new = reverse("factories:committee_new", args=[factory.pk])
    assert client.get(new).status_code == 200
    data = {"kind": "bipartite", "name": "Participation Committee", "formed_on": "2026-09-15"}
    assert client.post(new, data).status_code == 302
    committee = factory.committees.get()
    seat = reverse("factories:member_new", args=[committee.pk])
    for side, title, name in (
        ("worker", "Ms", "Rokeya"), ("worker", "Mr", "Habib"), ("management", "Mr", "Karim"),
    ):  # fmt: skip
        answer = client.post(
            seat, {"title": title, "full_name": name, "side": side, "joined_on": "2026-09-15"}
        )
        assert answer.status_code == 302
    page = client.get(reverse("factories:committee", args=[committee.pk])).content.decode()
    assert "Labour Act 2006" in page
    assert "Rokeya" in page
    vote = reverse("factories:election", args=[committee.pk])
    held = {"held_on": "2026-09-14", "method": "secret_ballot"}
    assert client.post(vote, held).status_code == 302
    assert "14 Sept 2026, Secret ballot</option>" in client.get(seat).content.decode()
    worker = committee.members.get(full_name="Rokeya")
    chair = reverse("factories:chair", args=[committee.pk])
    assert client.post(chair, {"member": worker.pk, "started_on": "2026-09-20"}).status_code == 302
    replaced = {
        "title": "Ms", "full_name": "Salma", "side": "worker", "joined_on": "2026-10-01",
        "replaces": str(worker.pk),
    }  # fmt: skip
    assert client.post(seat, replaced).status_code == 302
    worker.refresh_from_db()
    assert worker.left_on == date(2026, 10, 1)
    assert committee.chairs.get().ended_on == date(2026, 10, 1)
    assert factory.cycles.get().facts.filter(kind="committee_formed").exists()
    leave = reverse("factories:member_leave", args=[committee.pk, worker.pk])
    assert client.get(leave).status_code == 200
    for name in ("election", "chair", "committee_file", "committee_dissolve"):
        assert client.get(reverse(f"factories:{name}", args=[committee.pk])).status_code == 200


def test_what_the_law_does_not_ask_is_said_once(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory(has_trade_union=True)
    committee = committee_services.form_committee(
        factory_id=factory.pk, kind="bipartite", name="PC", formed_on=date(2026, 1, 1)
    )
    reason = "A trade union exists, so the law does not ask for this committee."
    page = sign_in("advisor").get(reverse("factories:committee", args=[committee.pk]))
    rules, aside = page.content.decode().split("more checks do not apply here")
    assert rules.count(reason) == 1
    assert "Labour Act 2006" in rules
    assert aside.count(reason) > 5  # each still there for who opens the list
    home = sign_in("ambassador", factory=factory).get(reverse("factories:my_committee"))
    assert home.content.decode().count(reason) == 1


def test_law_that_was_not_verified_is_never_told_as_law(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory(has_trade_union=False, workers_female=20, workers_male=10)
    small = committee_services.form_committee(
        factory_id=factory.pk, kind="safety", name="SC", formed_on=date(2026, 1, 1)
    )
    client: Client = sign_in("advisor")
    page = client.get(reverse("factories:committee", args=[small.pk])).content.decode()
    assert "The factory has fewer workers than the law names." in page
    assert "By law: a committee wherever at least 50 workers are employed." in page
    assert "Labour Act 2006 s.90A" in page
    for unverified in ("r.81", "at least 6", "at most 12"):
        assert unverified not in page
    large = make_full_factory(has_trade_union=False)
    formed = committee_services.form_committee(
        factory_id=large.pk, kind="bipartite", name="PC", formed_on=date(2026, 1, 1)
    )
    page = client.get(reverse("factories:committee", args=[formed.pk])).content.decode()
    assert "By law: no." not in page
    assert "Labour Rules 2015</p>" not in page  # the quota for women is not verified


def _check(key: CheckKey, expected: Any, found: Any, confidence: Any = Confidence.HIGH) -> Check:
    return Check(key, Outcome.PASS, None, "Act s.1", confidence, expected, found, ())


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (_check(CheckKey.REQUIRED, 1, True),
         "By law: a committee wherever at least 1 worker is employed. Here: there is a committee."),
        (_check(CheckKey.MINUTES_FILED, 7, ()),
         "By law: minutes are sent within 7 days of the meeting."
         " Here: all minutes were sent in time."),
        (_check(CheckKey.MINUTES_FILED, 1, (date(2026, 3, 1),)),
         "By law: minutes are sent within 1 day of the meeting."
         " Here: late for the meetings of 1 Mar 2026."),
        (_check(CheckKey.MEETINGS, 2, ()),
         "By law: a meeting at least once in 2 months. Here: no gap too long."),
        (_check(CheckKey.MEETINGS, 2, 1),
         "By law: at least 2 meetings in a year. Here: 1 meeting in the last year."),
        (_check(CheckKey.MEMBERS_AT_LEAST, 6, 4, Confidence.LOW), "Here: 4."),
    ],
)  # fmt: skip
def test_checks_read_as_sentences(check: Check, says: str) -> None:
    assert check_rule(check).fact == says


@pytest.mark.parametrize("rows", [2, 12])
def test_committee_list_query_budget(
    bd: Any, sign_in: Any, django_assert_max_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        factory = builders.make_factory(f"Factory {number:02}")
        committee = committee_services.form_committee(
            factory_id=factory.pk, kind="bipartite", name="PC", formed_on=date(2026, 1, 1)
        )
        committee_services.add_member(
            committee_id=committee.pk, title="Ms", full_name="A", side="worker",
            joined_on=date(2026, 1, 1),
        )  # fmt: skip
    client = sign_in("manager")
    client.get(reverse("factories:committees"))
    with django_assert_max_num_queries(10 + 4):  # as above; meetings are read by the app above
        answer = client.get(reverse("factories:committees"))
    assert answer.content.decode().count('<th scope="row">') == rows
    failing = client.get(reverse("factories:committees"), {"fails": "any"})
    assert failing.status_code == 200


def test_committees_sort_by_what_the_rules_found(bd: Any, sign_in: Any) -> None:
    for name, sides in (("Alpha", "wm"), ("Beta", "w"), ("Gamma", "")):
        factory = builders.make_factory(name)
        committee = committee_services.form_committee(
            factory_id=factory.pk, kind="bipartite", name="PC", formed_on=date(2026, 1, 1)
        )
        for sign in sides:
            committee_services.add_member(
                committee_id=committee.pk, title="Ms", full_name="A",
                side="worker" if sign == "w" else "management", joined_on=date(2026, 1, 1),
            )  # fmt: skip
    client = sign_in("staff")
    url = reverse("factories:committees")

    def order(sort: str) -> list[str]:
        page = client.get(url, {"sort": sort}).content.decode()
        return sorted(("Alpha", "Beta", "Gamma"), key=page.index)

    assert order("factory") == ["Alpha", "Beta", "Gamma"]
    assert order("-factory") == ["Gamma", "Beta", "Alpha"]
    assert order("-women")[-1] == "Gamma"
    assert set(order("fails")) == set(order("-rating")) == {"Alpha", "Beta", "Gamma"}
    assert order("nonsense") == order("factory")
    rows = client.get(url, {"sort": "-factory", "format": "csv"}).content.decode("utf-8-sig")
    assert "Rating" in rows.splitlines()[0]
    assert "Gamma" in rows.splitlines()[1]


def test_groups_are_kept_and_named_once(bd: Any, sign_in: Any) -> None:
    client = sign_in("staff")
    url = reverse("factories:group_new")
    assert client.post(url, {"name": "Delta Holding"}).status_code == 302
    again = client.post(url, {"name": "delta holding", "headquarters": "Dhaka"})
    assert again.status_code == 422
    assert 'value="Dhaka"' in again.content.decode()
    assert "Delta Holding" in client.get(reverse("factories:groups")).content.decode()


def test_merge_moves_the_living_and_keeps_the_past(bd: Any, sign_in: Any) -> None:
    winner, loser = make_full_factory("Padma Stitchworks"), make_full_factory("Padma Stitch Works")
    services.save_contact(factory_id=loser.pk, line=services.ContactLine("Anika"))
    services.link_buyer(factory_id=loser.pk, line=services.BuyerLine("Alpha Brand"))
    person = builders.make_member("ambassador", factory=loser)
    client = sign_in("manager")
    url = reverse("factories:merge", args=[loser.pk])
    assert "Padma Stitchworks" in client.get(url).content.decode()
    page = client.get(url, {"into": winner.pk})
    assert page.status_code == 200
    assert client.post(url, {"into": winner.pk, "reason": ""}).status_code == 422
    data = {"into": winner.pk, "reason": "Same site, registered twice"}
    for _again in range(2):
        assert client.post(url, data).status_code == 302
    loser.refresh_from_db()
    assert loser.merged_into_id == winner.pk
    assert winner.contacts.get().name == "Anika"
    assert winner.buyer_links.count() == 1
    assert person.memberships.get(ended_at__isnull=True).factory_id == winner.pk
    assert loser.cycles.get().ends_on is not None
    old = client.get(reverse("factories:detail", args=[loser.pk])).content.decode()
    assert "This entry was a duplicate" in old
    found = client.get(reverse("factories:list"), {"q": "Stitch Works"}).content.decode()
    assert "Padma Stitchworks" in found
    assert TrailEvent.objects.get(action="factory_merged").factory_id == winner.pk
    assert TrailEvent.objects.get(action="factory_merged_away").factory_id == loser.pk


def test_only_managers_merge(bd: Any, sign_in: Any) -> None:
    factory = make_full_factory()
    for role in ("advisor", "staff"):
        assert sign_in(role).get(reverse("factories:merge", args=[factory.pk])).status_code == 403


def make_assessment(factory: Factory, **extra: Any) -> Any:
    from assessments.models import Assessment, ToolVersion

    values = {
        "factory": factory,
        "cycle": factory.cycles.get(),
        "cycle_number": 1,
        "code": f"A-{factory.code}",
        "version": ToolVersion.objects.get(status="published"),
        "starts_on": date(2026, 11, 2),
        "ends_on": date(2026, 11, 3),
    }
    return Assessment.objects.create(**{**values, **extra})


@pytest.mark.parametrize(("sealed", "status"), [(False, 422), (True, 302)])
def test_two_open_assessments_stop_a_merge_and_sealed_ones_never_show(
    bd: Any, sign_in: Any, sealed: bool, status: int
) -> None:
    winner, loser = make_full_factory("Padma"), make_full_factory("Padma Duplicate")
    open_one = {"sealed": False, "status": "in_progress", "checked_in_at": timezone.now()}
    make_assessment(winner, **open_one)
    make_assessment(loser, **({} if sealed else open_one))
    client = sign_in("manager")
    data = {"into": winner.pk, "reason": "Registered twice"}
    answer = client.post(reverse("factories:merge", args=[loser.pk]), data)
    assert answer.status_code == status
    loser.refresh_from_db()
    assert (loser.merged_into_id is None) is not sealed


def test_ids_that_belong_elsewhere_are_refused_at_their_fields(bd: Any, sign_in: Any) -> None:
    builders.make_factory("Padma", gateway_id="GW-100")
    client = sign_in("manager")
    url = reverse("factories:new")
    page = client.post(url, registration(gateway_id="gw-100"))
    assert page.status_code == 422
    assert "GW-100 belongs to another factory" in page.content.decode()
    page = client.post(url, registration(os_id="VN2021250D1DTN7"))
    assert page.status_code == 422
    text = page.content.decode()
    assert "is of a factory in VN" in text
    assert "Open Supply Hub" in text
    other = builders.make_factory("Meghna")
    with pytest.raises(IntegrityError, match="factory_gateway_id_once"), transaction.atomic():
        Factory.objects.filter(pk=other.pk).update(gateway_id="GW-100")


def test_a_factory_without_a_cycle_waits_for_the_programme(bd: Any, sign_in: Any) -> None:
    builders.make_factory("Padma")
    page = sign_in("manager").get(reverse("factories:list")).content.decode()
    assert "Open a cycle" in page
    assert "Nobody" not in page


@pytest.mark.parametrize("day", ["0001-01-01", "1026-11-01", "9026-11-01"])
def test_a_year_nobody_means_is_asked_about(bd: Programme, sign_in: Any, day: str) -> None:
    """A day typed as 0001 would make a factory active since before there were any."""
    factory = builders.make_factory()
    url = reverse("factories:status", args=[factory.pk])
    typed = {"status": "closed", "since": day, "status_reason": "The owner moved away."}
    answer = sign_in(Role.MANAGER).post(url, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Look at the year of this day once more." in page
    assert f'value="{day}"' in page
    assert "The owner moved away." in page
    factory.refresh_from_db()
    assert factory.status == "active"


def test_refusals_of_fields_count_in_the_readers_digits(bd: Programme, sign_in: Any) -> None:
    manager = builders.make_member(Role.MANAGER, user=builders.make_user(language="bn"))
    factory = builders.make_factory()
    url = reverse("factories:workforce", args=[factory.pk])
    typed = {"counted_on": "2026-01-05", "female": "300000", "male": "1", "source": "x" * 61}
    page = sign_in(user=manager).post(url, typed).content.decode()
    messages = re.findall(r'<p class="msg"[^>]*>([^<]+)</p>', page)
    assert len(messages) == 2
    assert "\u09e8\u09e6\u09e6\u09e6\u09e6\u09e6" in messages[0]  # 200000
    assert "\u09ec\u09e6" in messages[1]  # 60
    assert not re.search(r"[0-9]", "".join(messages))


def test_pages_of_a_programme_without_any_factory_say_what_is_true(
    jordan: Programme, sign_in: Any
) -> None:
    """Nothing was chosen, so nothing "fits" nowhere; a filter that finds nothing says that."""
    client = sign_in(Role.MANAGER, programme="JO")
    for name, empty, narrowed in (
        ("factories:list", "No factory is registered yet.", "?q=xyz"),
        ("factories:committees", "No committee is recorded yet.", "?q=xyz"),
        ("assessments:list", "No assessment yet.", "?year=2020"),
        ("advisory:visits", "No visit is planned or recorded yet.", "?q=xyz"),
        ("advisory:plans", "No plan has begun yet.", "?q=xyz"),
    ):
        page = client.get(reverse(name)).content.decode()
        assert empty in page, name
        assert "fits" not in page.split("</h1>")[1], name
        assert empty not in client.get(reverse(name) + narrowed).content.decode(), name
