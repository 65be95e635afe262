"""Modality and team proposals: every rule shown, hard and soft."""

from dataclasses import replace
from datetime import date

import pytest

from assessments.rules.modality import (
    Assessor,
    Modality,
    ModalityFacts,
    ModalitySettings,
    Strictness,
    TeamFacts,
    VirtualServiceFacts,
    check_days,
    check_team,
    check_virtual_services,
    choose_modality,
    is_team_allowed,
    propose_modality,
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


TEAM = (
    Assessor("a", is_lead=True, sex="female", languages=frozenset({"bn", "en"})),
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
    assert len(checks) == 9


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
