"""Modality and team proposals: every rule shown, hard and soft."""

from dataclasses import replace
from datetime import date

import pytest

from assessments.rules.modality import (
    Activity,
    Assessor,
    Modality,
    ModalityFacts,
    ModalitySettings,
    Setting,
    Strictness,
    TeamFacts,
    VirtualServiceFacts,
    check_days,
    check_team,
    check_virtual_services,
    choose_modality,
    is_team_allowed,
    propose_modality,
    split_days,
)
from betterwork.errors import DomainError

DEFAULTS = ModalitySettings()


@pytest.mark.parametrize(
    ("cycle", "egregious", "prevented", "proposed", "allowed"),
    [
        (1, False, False, Modality.ON_SITE, [Modality.ON_SITE]),
        (2, False, False, Modality.ON_SITE, [Modality.ON_SITE]),
        (3, False, False, Modality.HYBRID, [Modality.ON_SITE, Modality.HYBRID]),
        (3, True, False, Modality.ON_SITE, [Modality.ON_SITE]),
        (1, False, True, Modality.VIRTUAL, [Modality.VIRTUAL]),
        (5, True, True, Modality.VIRTUAL, [Modality.VIRTUAL]),
    ],
)
def test_proposal(
    cycle: int, egregious: bool, prevented: bool, proposed: Modality, allowed: list[Modality]
) -> None:
    found = propose_modality(ModalityFacts(cycle, egregious, prevented), DEFAULTS)
    assert (found.proposed, list(found.allowed)) == (proposed, allowed)
    assert found.proposed in found.allowed
    assert {check.subject for check in found.checks} == set(Modality)


def test_a_programme_may_keep_on_site_as_its_proposal() -> None:
    found = propose_modality(
        ModalityFacts(4, False, False), ModalitySettings.from_mapping({"proposes_hybrid": False})
    )
    assert found.proposed is Modality.ON_SITE
    assert Modality.HYBRID in found.allowed


def test_override_needs_a_reason_and_remembers_the_rules_set_aside() -> None:
    proposal = propose_modality(ModalityFacts(1, True, False), DEFAULTS)
    with pytest.raises(DomainError, match="override_needs_reason") as caught:
        choose_modality(proposal, Modality.HYBRID, "  ")
    assert caught.value.facts["failed"] == ("cycle_reached", "no_egregious_issue")
    choice = choose_modality(proposal, Modality.HYBRID, "Flooded road on day two")
    assert choice.is_override
    assert [check.key for check in choice.failed] == ["cycle_reached", "no_egregious_issue"]
    assert not choose_modality(proposal, Modality.ON_SITE).is_override


@pytest.mark.parametrize(("days", "passed"), [(0, False), (1, True), (2, True), (3, False)])
def test_visit_days(days: int, passed: bool) -> None:
    assert check_days(days, DEFAULTS).is_passed is passed


def test_virtual_services_need_all_three() -> None:
    good = VirtualServiceFacts(2, True, True)
    assert all(check.is_passed for check in check_virtual_services(good, DEFAULTS))
    for change in (
        {"completed_cycles": 1},
        {"has_infrastructure": False},
        {"has_trained_ambassador": False},
    ):
        checks = check_virtual_services(replace(good, **change), DEFAULTS)
        assert [check.is_passed for check in checks].count(False) == 1


@pytest.mark.parametrize(
    ("modality", "workers", "days", "person_days"),
    [
        (Modality.ON_SITE, 200, 1, 2),
        (Modality.ON_SITE, 201, 2, 4),
        (Modality.ON_SITE, None, 2, 4),
        (Modality.HYBRID, 50, 2, 4),
        (Modality.HYBRID, 5000, 2, 4),
        (Modality.VIRTUAL, 50, 1, 2),
    ],
)
def test_person_days(modality: Modality, workers: int | None, days: int, person_days: int) -> None:
    proposal = propose_modality(ModalityFacts(1, False, False, workers), DEFAULTS)
    effort = proposal.effort(modality)
    assert (len(effort.days), effort.person_days) == (days, person_days)
    assert proposal.effort().modality is proposal.proposed
    assert [each.rule for each in effort.because] == ["M-9", "M-10"]


def test_three_assessors_for_three_days() -> None:
    conf = ModalitySettings.from_mapping({"min_assessors": 3, "max_days": 3})
    effort = propose_modality(ModalityFacts(1, False, False, 900), conf).effort()
    assert (len(effort.days), effort.person_days) == (3, 9)


def test_a_hybrid_assessment_is_one_virtual_day_and_one_on_site() -> None:
    virtual, on_site = split_days(Modality.HYBRID, 2)
    assert (virtual.setting, on_site.setting) == (Setting.VIRTUAL, Setting.ON_SITE)
    assert {Activity.DOCUMENT_REVIEW, Activity.MANAGEMENT_INTERVIEWS} <= set(virtual.activities)
    assert {Activity.WORKER_INTERVIEWS, Activity.INSPECTION} <= set(on_site.activities)
    assert not set(virtual.activities) & set(on_site.activities)
    with pytest.raises(DomainError, match="hybrid_takes_two_days"):
        split_days(Modality.HYBRID, 1)
    conf = ModalitySettings.from_mapping({"max_days": 1})
    proposal = propose_modality(ModalityFacts(5, False, False), conf)
    assert Modality.HYBRID not in proposal.allowed
    failed = [check.key for check in proposal.checks if not check.is_passed]
    assert "two_days_allowed" in failed


@pytest.mark.parametrize("modality", [Modality.ON_SITE, Modality.VIRTUAL])
@pytest.mark.parametrize("days", [1, 2, 3])
def test_every_assessment_opens_and_closes_once_and_does_all_its_work(
    modality: Modality, days: int
) -> None:
    split = split_days(modality, days)
    assert [each.number for each in split] == list(range(1, days + 1))
    assert split[0].activities[0] is Activity.OPENING_MEETING
    assert split[-1].activities[-1] is Activity.CLOSING_MEETING
    done = {activity for each in split for activity in each.activities}
    expected = set(Activity)
    if modality is Modality.VIRTUAL:
        expected.remove(Activity.INSPECTION)  # nobody is there to walk the floor
    assert done == expected
    assert {each.setting for each in split} == {Setting(str(modality))}


TEAM = (
    Assessor(
        "a", is_lead=True, is_osh_skilled=True, sex="female", languages=frozenset({"bn", "en"})
    ),
    Assessor("b", sex="male", languages=frozenset({"en"})),
)
FACTS = TeamFacts(
    date(2026, 5, 5),
    advisors=frozenset({"x"}),
    previous_teams=(frozenset({"y", "z"}), frozenset({"a", "b"})),
    worker_languages=frozenset({"bn"}),
    mean_booked_days=6,
)


def test_a_good_team_passes_every_rule() -> None:
    checks = check_team(TEAM, FACTS, DEFAULTS)
    assert all(check.is_passed for check in checks)
    assert len(checks) == 10


@pytest.mark.parametrize(
    ("team", "facts", "key", "allowed"),
    [
        (TEAM[:1], FACTS, "enough_assessors", False),
        ((TEAM[0], TEAM[0]), FACTS, "enough_assessors", False),
        ((replace(TEAM[0], is_lead=False), TEAM[1]), FACTS, "one_lead", False),
        ((TEAM[0], replace(TEAM[1], is_lead=True)), FACTS, "one_lead", False),
        (TEAM, replace(FACTS, advisors=frozenset({"b"})), "not_own_advisor", False),
        (
            TEAM,
            replace(FACTS, previous_teams=(frozenset({"b", "q"}),)),
            "not_previous_team",
            False,
        ),
        ((TEAM[0], replace(TEAM[1], has_conflict=True)), FACTS, "no_conflict_of_interest", False),
        (
            TEAM,
            replace(FACTS, worker_languages=frozenset({"ur"})),
            "speaks_worker_language",
            False,
        ),
        (TEAM, replace(FACTS, worker_languages=frozenset()), "speaks_worker_language", False),
        ((TEAM[0], replace(TEAM[1], sex="female")), FACTS, "both_sexes", True),
        ((replace(TEAM[0], is_osh_skilled=False), TEAM[1]), FACTS, "osh_skills", True),
        ((TEAM[0], replace(TEAM[1], travel_hops=2)), FACTS, "short_travel", True),
        ((TEAM[0], replace(TEAM[1], booked_days=11)), FACTS, "even_load", True),
    ],
)
def test_team_rules(team: tuple[Assessor, ...], facts: TeamFacts, key: str, allowed: bool) -> None:
    checks = check_team(team, facts, DEFAULTS)
    assert key in [check.key for check in checks if not check.is_passed]
    assert is_team_allowed(checks) is allowed


def test_strictness_is_a_setting() -> None:
    conf = ModalitySettings.from_mapping({"own_advisor_rule": "off", "both_sexes_rule": "hard"})
    team = (TEAM[0], replace(TEAM[1], sex="female"))
    checks = check_team(team, replace(FACTS, advisors=frozenset({"a"})), conf)
    assert "not_own_advisor" not in [check.key for check in checks]
    assert not is_team_allowed(checks)
    assert conf.own_advisor_rule is Strictness.OFF
    assert ModalitySettings.from_mapping(conf.changes()) == conf
    with pytest.raises(DomainError, match="setting_wrong_type"):
        ModalitySettings.from_mapping({"own_advisor_rule": "perhaps"})
    with pytest.raises(DomainError, match="visit_days_reversed"):
        ModalitySettings.from_mapping({"min_days": 3})
