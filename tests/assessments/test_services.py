"""Services: every path of the machine, out of order, twice, and two people at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from assessments import services, state
from assessments.content_of import read_content
from assessments.models import (
    Answer,
    AnswerChange,
    AnswerConflict,
    Assessment,
    AssessmentResult,
    AssessmentStep,
    Outcome,
    PointResult,
)
from assessments.rules.answers import AnswerSettings
from assessments.rules.lifecycle import RefusalCode as Code
from assessments.summaries import rebuild_results, rewrite_results
from assessments.tool import tool_of, version_in_force
from betterwork.errors import DomainError, NotAllowed
from betterwork.records.models import Job, OutgoingMail, TrailEvent
from betterwork.tenancy import scope
from factories.models import CycleFact
from tests.assessments.builders import (
    MONDAY,
    Made,
    answer_all,
    at,
    content,
    make_begun,
    make_planned,
    make_submitted,
    save,
)
from tests.builders import make_cycle, make_factory, make_member

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def codes(error: pytest.ExceptionInfo[Any]) -> set[str]:
    return {refusal.code.value for refusal in error.value.facts["refusals"]}


def step(name: str, made: Made, by: Any, day: date = MONDAY, **extra: Any) -> Assessment:
    found: Assessment = getattr(services, name)(
        assessment_id=made.pk, by=by.pk if by else None, now=at(day), **extra
    )
    return found


def in_review(**extra: Any) -> tuple[Made, Any]:
    made, reviewer = make_submitted(**extra), make_member("staff")
    step("start_review", made, reviewer)
    return made, reviewer


def with_factory(**extra: Any) -> tuple[Made, Any, Any]:
    made, reviewer = in_review(**extra)
    ambassador = make_member("ambassador", factory=made.assessment.factory)
    step("send_draft", made, reviewer)
    made.fresh()
    return made, reviewer, ambassador


# -- planning -----------------------------------------------------------------------------------


def test_created_sealed_with_a_random_code(bd) -> None:
    first, second = make_planned(), make_planned()
    for made in (first, second):
        assert made.assessment.sealed
        assert made.assessment.status == "planned"
        assert made.assessment.questions_total == len(made.questions)
        assert all(seat.sealed for seat in made.assessment.team.all())
        assert len(made.assessment.code) == len("BD-XXXXX")
    assert first.assessment.code != second.assessment.code
    assert set(
        TrailEvent.objects.filter(action="assessment_created").values_list("sealed", flat=True)
    ) == {True}
    assert not CycleFact.objects.exists()  # no clock betrays a visit


def test_questions_are_counted_for_the_factory(bd) -> None:
    plain = make_planned(factory=make_factory(has_dormitory=False))
    housed = make_planned(factory=make_factory(has_dormitory=True))
    assert housed.assessment.questions_total > plain.assessment.questions_total
    assert not set(plain.assessment.left_out) <= set(housed.assessment.left_out)


def test_create_twice_is_harmless_and_another_plan_is_refused(bd) -> None:
    made = make_planned()
    arguments = {
        "factory_id": made.assessment.factory_id,
        "starts_on": MONDAY,
        "ends_on": MONDAY,
        "modality": "on_site",
        "lead_id": made.lead.pk,
        "second_id": made.second.pk,
        "created_by": made.planner.pk,
    }
    assert services.create_assessment(**arguments).pk == made.pk
    with pytest.raises(DomainError, match="assessment_in_cycle_exists"):
        services.create_assessment(**{**arguments, "starts_on": MONDAY + DAY, "ends_on": None})
    assert Assessment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ends_on": MONDAY - DAY}, "days_reversed"),
        ({"starts_on": date(2026, 6, 5)}, "rest_day"),  # a Friday
        ({"ends_on": MONDAY + 3 * DAY}, "visit_days"),
        ({"starts_on": None}, "days_missing"),
        ({"today": MONDAY + DAY}, "days_past"),
        ({"modality": "hybrid"}, "override_needs_reason"),
        ({"modality": "by post"}, "modality_unknown"),
    ],
)
def test_plan_refused(bd, change, code) -> None:
    factory = make_factory()
    make_cycle(factory)
    lead, second = make_member("advisor"), make_member("advisor")
    arguments: dict[str, Any] = {
        "factory_id": factory.pk,
        "starts_on": MONDAY,
        "modality": "on_site",
        "lead_id": lead.pk,
        "second_id": second.pk,
        "created_by": None,
    }
    with pytest.raises(DomainError) as error:
        services.create_assessment(**{**arguments, **change})
    assert error.value.code == code
    assert not Assessment.objects.exists()


def test_team_rules(bd) -> None:
    advisor, other = make_member("advisor"), make_member("advisor")
    factory = make_factory(advisor=advisor)
    make_cycle(factory)

    def failed(lead: Any, second: Any) -> set[str]:
        with pytest.raises(DomainError) as error:
            services.create_assessment(
                factory_id=factory.pk,
                starts_on=MONDAY,
                lead_id=lead and lead.pk,
                second_id=second and second.pk,
                created_by=None,
            )
        return {check.key for check in error.value.facts.get("checks", ())} or {error.value.code}

    assert failed(advisor, other) == {"not_own_advisor"}
    assert failed(other, None) == {"enough_assessors"}
    assert failed(other, other) == {"enough_assessors"}
    assert failed(None, other) == {"enough_assessors", "one_lead"}
    assert failed(other, make_member("manager")) == {"team_not_advisors"}


def test_last_team_is_not_sent_again(bd) -> None:
    made = make_submitted(day=date(2025, 6, 2))
    factory = made.assessment.factory
    made.assessment.cycle.ends_on = date(2025, 12, 31)
    made.assessment.cycle.save()
    make_cycle(factory, number=2, starts_on=date(2026, 1, 1))
    with pytest.raises(DomainError) as error:
        services.create_assessment(
            factory_id=factory.pk,
            starts_on=MONDAY,
            lead_id=make_member("advisor").pk,
            second_id=made.second.pk,
            created_by=None,
        )
    assert [check.key for check in error.value.facts["checks"]] == ["not_previous_team"]


def test_no_cycle_no_assessment(bd) -> None:
    with pytest.raises(DomainError, match="no_open_cycle"):
        services.create_assessment(factory_id=make_factory().pk, created_by=None)


def test_cancel_and_postpone_need_their_reason_and_person(bd) -> None:
    made = make_planned()
    with pytest.raises(NotAllowed) as error:
        step("cancel", made, made.lead, reason="")
    assert codes(error) == {Code.NOT_YOUR_TASK, Code.REASON_MISSING}
    with pytest.raises(NotAllowed) as error:
        step("postpone", made, made.lead, reason="tired")
    assert codes(error) == {Code.REASON_UNKNOWN}
    step("postpone", made, made.lead, reason="security", note="Roads are closed")
    assert made.fresh().status == "postponed"
    assert made.assessment.sealed
    services.schedule_assessment(
        assessment_id=made.pk,
        starts_on=MONDAY + DAY,
        lead_id=made.lead.pk,
        second_id=made.second.pk,
        by=made.planner.pk,
    )
    assert made.fresh().status == "planned"
    step("cancel", made, made.planner, reason="The factory closed")
    step("cancel", made, made.planner, reason="The factory closed")
    assert made.fresh().status == "cancelled"
    with pytest.raises(NotAllowed) as error:
        step("check_in", made, made.lead)
    assert Code.WRONG_STATUS in codes(error)


def test_refused_access_is_no_secret_any_more(bd) -> None:
    made = make_planned()
    with pytest.raises(NotAllowed) as error:
        step("record_refusal", made, made.lead, MONDAY - DAY, reason="The guard said no")
    assert codes(error) == {Code.CHECK_IN_TOO_EARLY}
    step("record_refusal", made, made.lead, reason="The guard said no")
    assert made.fresh().status == "access_refused"
    assert not made.assessment.sealed
    assert not made.assessment.team.filter(sealed=True).exists()


# -- check-in -----------------------------------------------------------------------------------


def test_check_in_breaks_the_seal_as_the_person(bd) -> None:
    """Under the assessor's own facts, not the system's: row-level security is the real one."""
    made = make_planned()
    cycle_id = made.assessment.cycle_id
    with scope.programme_scope(bd.pk, role="advisor", user_id=made.lead.pk):
        services.check_in(assessment_id=made.pk, by=made.lead.pk, now=at())
    made.fresh()
    assert made.assessment.status == "in_progress"
    assert not made.assessment.sealed
    assert not made.assessment.team.filter(sealed=True).exists()
    fact = CycleFact.objects.get(cycle_id=cycle_id)
    assert (fact.kind, fact.happened_on) == ("assessed", MONDAY)
    event = TrailEvent.objects.get(action="checked_in")
    assert (event.role, event.actor_id, event.sealed) == ("advisor", made.lead.pk, False)
    step("check_in", made, made.second)  # the other one presses too
    assert CycleFact.objects.count() == 1
    assert AssessmentStep.objects.filter(to_status="in_progress").count() == 1


def test_check_in_early_only_with_a_reason(bd) -> None:
    made = make_planned()
    with pytest.raises(NotAllowed) as error:
        step("check_in", made, made.lead, MONDAY - DAY)
    assert codes(error) == {Code.CHECK_IN_TOO_EARLY}
    assert made.fresh().sealed
    step("check_in", made, made.lead, MONDAY - DAY, reason="The holiday was moved")
    assert made.fresh().starts_on == MONDAY - DAY
    assert AssessmentStep.objects.get(to_status="in_progress").reason == "The holiday was moved"


@pytest.mark.parametrize("role", ["planner", "manager", "advisor"])
def test_only_the_team_checks_in(bd, role) -> None:
    made = make_planned()
    with pytest.raises(NotAllowed) as error:
        step("check_in", made, make_member(role))
    assert codes(error) & {Code.NOT_ON_TEAM, Code.NOT_YOUR_TASK}


# -- answers ------------------------------------------------------------------------------------


def test_answers_of_each_kind_are_typed(bd) -> None:
    made = make_begun()
    for kind, given, column, value in (
        ("number", "12.50", "value_number", 12.5),
        ("text", "Two lines", "value_text", "Two lines"),
    ):
        question = made.fact(kind)
        save(made, question, {"value": given})
        row = Answer.objects.get(question_id=question.id)
        assert getattr(row, column) == value
        assert row.outcome == ""
    question = made.fact("choice")
    with pytest.raises(DomainError, match="value_not_a_choice"):
        save(made, question, {"value": "perhaps"})
    assert not Answer.objects.filter(question_id=question.id).exists()


def test_outcome_is_structural_where_law_causes_the_breach(bd, jordan) -> None:
    with scope.programme_scope(jordan.pk):
        tool = tool_of(version_in_force(MONDAY).pk)
    question = next(each for each in tool.questions if each.is_structural)
    given = read_content(question, content(question, Outcome.NON_COMPLIANT), AnswerSettings())
    assert given["outcome"] == Outcome.STRUCTURAL
    assert read_content(question, content(question), AnswerSettings())["outcome"] == "compliant"


def test_incomplete_answer_is_kept_and_blocks_signing(bd) -> None:
    made = make_begun()
    question = made.ncq()
    save(made, question, {"outcome": "non_compliant", "finding": "Gate", "sources": ["workers"]})
    answer_all(made)
    with pytest.raises(NotAllowed) as error:
        step("sign", made, made.lead)
    assert codes(error) == {Code.FINDINGS_NEED_TWO_SOURCES}
    save(made, question, {"outcome": "not_assessed"}, 1)
    with pytest.raises(NotAllowed) as error:
        step("sign", made, made.lead)
    assert codes(error) == {Code.INVALID_VALUES}
    save(made, question, {"outcome": "not_assessed", "reason": "time_short"}, 2)
    step("sign", made, made.lead)


def test_same_change_sent_twice_is_kept_once(bd) -> None:
    made = make_begun()
    question, sent = made.ncq(), uuid4()
    first = save(made, question, content(question), client_id=sent)
    save(made, question, content(question, Outcome.NON_COMPLIANT), 1)
    again = save(made, question, content(question), client_id=sent)  # a late echo
    assert (first.revision, again.revision, again.clash) == (1, 2, None)
    assert Answer.objects.get().outcome == Outcome.NON_COMPLIANT
    assert AnswerChange.objects.count() == 2


def test_two_people_one_answer(bd) -> None:
    made = make_begun()
    question = made.ncq()
    save(made, question, content(question))
    clash = save(
        made, question, content(question, Outcome.NON_COMPLIANT), 0, by=made.second.pk
    ).clash
    assert clash is not None
    assert Answer.objects.get().outcome == Outcome.COMPLIANT  # nothing is overwritten
    # Agreeing is no conflict.
    assert save(made, question, content(question), 0, by=made.second.pk).clash is None
    answer_all(made)
    with pytest.raises(NotAllowed) as error:
        step("sign", made, made.lead)
    assert codes(error) == {Code.OPEN_CONFLICTS}
    with pytest.raises(DomainError, match="choice_unknown"):
        services.settle_conflict(
            conflict_id=clash.pk, keep="both", by=made.lead.pk, now=at(), client_id=uuid4()
        )
    for _twice in range(2):
        services.settle_conflict(
            conflict_id=clash.pk, keep="incoming", by=made.lead.pk, now=at(), client_id=uuid4()
        )
    answer = Answer.objects.get(question_id=question.id)
    assert (answer.outcome, answer.revision) == (Outcome.NON_COMPLIANT, 2)
    assert AnswerConflict.objects.filter(settled_at__isnull=True).count() == 0
    contents = AnswerChange.objects.filter(question_id=question.id).values_list(
        "content", flat=True
    )
    assert {each["outcome"] for each in contents} == {"compliant", "non_compliant"}


def test_who_types_on_says_one_thing(bd) -> None:
    """The outcome is sent at once, its words after: both belong to one of the two answers."""
    made = make_begun()
    question = made.ncq()
    save(made, question, content(question))
    said = {"outcome": "non_compliant", "finding": "", "sources": []}
    first = save(made, question, said, 0, by=made.second.pk).clash
    said["finding"] = "Cartons stood in front of exit 3."
    again = save(made, question, said, 0, by=made.second.pk).clash
    assert first == again
    conflict = AnswerConflict.objects.get()
    assert conflict.incoming.content["finding"] == said["finding"]
    assert AnswerChange.objects.filter(conflict=True).count() == 2  # each is kept
    services.settle_conflict(
        conflict_id=conflict.pk, keep="kept", by=made.lead.pk, now=at(), client_id=uuid4()
    )
    # Once settled, what still comes from the old base is another conflict.
    later = save(made, question, {**said, "finding": "Exit 4."}, 0, by=made.second.pk).clash
    assert later is not None
    assert later != conflict


def test_third_answer_settles_too(bd) -> None:
    made = make_begun()
    question = made.ncq()
    save(made, question, content(question))
    clash = save(made, question, {"outcome": "not_applicable"}, 0, by=made.second.pk).clash
    own = content(question, Outcome.NON_COMPLIANT)
    services.settle_conflict(
        conflict_id=clash.pk, keep="own", by=made.lead.pk, now=at(), client_id=uuid4(), content=own
    )
    assert Answer.objects.get().finding == own["finding"]


def test_only_the_team_and_only_now(bd) -> None:
    made = make_begun()
    question = made.ncq()
    with pytest.raises(NotAllowed) as error:
        save(made, question, content(question), by=made.planner.pk)
    assert Code.NOT_ON_TEAM in codes(error)
    made = make_submitted()
    with pytest.raises(NotAllowed) as error:
        save(made, made.ncq(), content(made.ncq(), Outcome.NON_COMPLIANT), 1)
    assert codes(error) == {Code.WRONG_STATUS}
    planned = make_planned()
    with pytest.raises(NotAllowed):
        save(planned, planned.ncq(), content(planned.ncq()))


# -- signatures ---------------------------------------------------------------------------------


def test_both_sign_and_a_change_clears_signatures(bd) -> None:
    made = make_begun()
    with pytest.raises(NotAllowed) as error:
        step("sign", made, made.lead)
    assert codes(error) == {Code.UNANSWERED_QUESTIONS}
    answer_all(made, breaches=2)
    step("sign", made, made.lead)
    step("sign", made, made.lead)  # twice
    assert made.fresh().status == "in_progress"
    question = made.ncq(5)
    save(made, question, content(question, Outcome.NON_COMPLIANT), 1, by=made.second.pk)
    assert not made.assessment.team.filter(signed_at__isnull=False).exists()
    step("sign", made, made.second)
    step("sign", made, made.lead)
    made.fresh()
    assert made.assessment.status == "submitted"
    assert made.assessment.submitted_at
    step("sign", made, made.lead)  # after the submit
    assert AssessmentStep.objects.filter(to_status="submitted").count() == 1
    with pytest.raises(NotAllowed) as error:
        step("sign", made, make_member("advisor"))
    assert Code.NOT_ON_TEAM in codes(error)


def test_summaries_equal_the_answers_and_rebuild_to_the_same(bd) -> None:
    made = make_submitted(breaches=3)
    rows = {row.point_id: row for row in PointResult.objects.filter(assessment_id=made.pk)}
    by_point: dict[str, list[str]] = {}
    for answer in Answer.objects.filter(assessment_id=made.pk).exclude(outcome=""):
        by_point.setdefault(answer.point_id, []).append(answer.outcome)
    assert set(rows) == set(by_point)
    for point, outcomes in by_point.items():
        assert rows[point].breaches == outcomes.count("non_compliant")
        assert rows[point].asked == sum(o in ("compliant", "non_compliant") for o in outcomes)
        assert rows[point].is_non_compliant == ("non_compliant" in outcomes)
        assert (rows[point].year, rows[point].is_released) == (2026, False)
    columns = ["assessment_id", "point_id", "asked", "breaches", "structural", "is_released"]
    before = set(PointResult.objects.values_list(*columns))
    rewrite_results(made.pk)
    assert rebuild_results() == len(before)
    assert set(PointResult.objects.values_list(*columns)) == before


def test_nobody_outside_the_programme_rewrites_its_summaries(bd, jordan) -> None:
    made = make_submitted()
    columns = ["id", "point_id", "asked"]
    before = set(PointResult.objects.values_list(*columns))
    for facts in (
        scope.Facts("system", jordan.pk),
        scope.Facts("ambassador", bd.pk, factory=made.assessment.factory_id),
        scope.Facts("constituent", bd.pk),
        scope.Facts(),
    ):
        with scope.scope(facts):
            rewrite_results(made.pk)
    assert set(PointResult.objects.values_list(*columns)) == before
    assert AssessmentResult.objects.filter(pk=made.pk).exists()


# -- review -------------------------------------------------------------------------------------


def test_review_by_somebody_off_the_team(bd) -> None:
    made = make_submitted()
    both = make_member("manager", user=made.second)
    with (
        scope.programme_scope(bd.pk, role="manager", user_id=both.pk),
        pytest.raises(NotAllowed) as error,
    ):
        step("start_review", made, both)
    assert codes(error) == {Code.SAME_REVIEWER_AS_TEAM}
    with pytest.raises(NotAllowed) as error:
        step("start_review", made, make_member("advisor"))
    assert Code.NOT_YOUR_TASK in codes(error)
    reviewer = make_member("staff")
    step("start_review", made, reviewer)
    step("start_review", made, reviewer)
    other = make_member("manager")
    with pytest.raises(NotAllowed) as error:
        services.add_remark(assessment_id=made.pk, lineage=None, text="?", by=other.pk, now=at())
    assert codes(error) == {Code.NOT_THE_REVIEWER}
    with pytest.raises(DomainError, match="reason_needed"):
        step("hand_over_review", made, other, reason=" ")
    step("hand_over_review", made, other, reason="The reviewer is ill")
    assert made.fresh().reviewer_id == other.pk


def test_returned_with_remarks_and_sent_back(bd) -> None:
    made, reviewer = in_review()
    with pytest.raises(NotAllowed) as error:
        step("return_to_team", made, reviewer)
    assert codes(error) == {Code.NO_REMARKS}
    remark = services.add_remark(
        assessment_id=made.pk,
        lineage=made.ncq().lineage,
        text="Which floor?",
        by=reviewer.pk,
        now=at(),
    )
    with pytest.raises(NotAllowed) as error:
        step("send_draft", made, reviewer)
    assert codes(error) == {Code.REMARKS_OPEN}
    step("return_to_team", made, reviewer)
    step("return_to_team", made, reviewer)
    assert state.machine_status(made.fresh()) == "returned"
    assert not made.assessment.team.filter(signed_at__isnull=False).exists()
    with pytest.raises(NotAllowed) as error:
        step("sign", made, made.lead)
    assert codes(error) == {Code.REMARKS_UNANSWERED}
    question = made.ncq()
    save(made, question, content(question, Outcome.NON_COMPLIANT, note="", finding="Floor 4"), 1)
    services.reply_to_remark(remark_id=remark.pk, text="Floor 4", by=made.second.pk, now=at())
    step("sign", made, made.lead)
    step("sign", made, made.second)
    assert made.fresh().status == "submitted"
    step("start_review", made, reviewer)
    services.resolve_remark(remark_id=remark.pk, by=reviewer.pk, now=at())
    with pytest.raises(DomainError):
        services.reply_to_remark(remark_id=remark.pk, text="More", by=made.lead.pk, now=at())
    step("send_draft", made, reviewer)
    assert made.fresh().status == "factory_review"


def test_draft_closes_on_a_working_day_and_is_ordered(bd) -> None:
    made, _reviewer, ambassador = with_factory(day=date(2026, 6, 5) - timedelta(days=4))
    closes = made.assessment.comments_close_on
    assert closes is not None
    assert closes.weekday() != 4
    assert closes >= MONDAY + timedelta(days=7)
    jobs = Job.objects.filter(task="reporting.write_report")
    assert {job.arguments["language"] for job in jobs} == {"en", "bn"}
    assert all(job.arguments["is_draft"] for job in jobs)
    mail = OutgoingMail.objects.get(user=ambassador)
    assert "exit" not in mail.text.lower()  # never a finding
    assert str(made.pk) in mail.text


def test_comments_until_the_day_and_not_after(bd) -> None:
    made, _reviewer, ambassador = with_factory()
    closes = made.assessment.comments_close_on
    assert closes is not None
    arguments = {"assessment_id": made.pk, "lineage": None, "by": ambassador.pk}
    with scope.programme_scope(
        bd.pk, role="ambassador", user_id=ambassador.pk, factory_id=made.assessment.factory_id
    ):
        services.comment_on_draft(**arguments, text="We moved them.", now=at(closes))
        services.comment_on_draft(**arguments, text="We moved them.", now=at(closes))
        with pytest.raises(DomainError, match="comments_closed"):
            services.comment_on_draft(**arguments, text="Late", now=at(closes + DAY))
        services.finish_comments(assessment_id=made.pk, by=ambassador.pk, now=at(closes))
    assert made.fresh().factory_finished_at
    assert made.assessment.comments.count() == 1


def test_release_waits_for_period_and_answers(bd) -> None:
    made, _reviewer, ambassador = with_factory()
    manager = make_member("manager")
    comment = services.comment_on_draft(
        assessment_id=made.pk, lineage=None, text="We moved them.", by=ambassador.pk, now=at()
    )
    with pytest.raises(NotAllowed) as error:
        step("release", made, manager)
    assert codes(error) == {Code.COMMENT_PERIOD_RUNNING, Code.COMMENTS_UNANSWERED}
    closes = made.assessment.comments_close_on
    assert closes is not None
    with pytest.raises(NotAllowed) as error:
        step("release", made, manager, closes + DAY)
    assert codes(error) == {Code.COMMENTS_UNANSWERED}
    services.answer_comment(comment_id=comment.pk, text="Seen.", by=manager.pk, now=at())
    step("release", made, manager, closes + DAY)
    step("release", made, manager, closes + DAY)
    made.fresh()
    assert made.assessment.status == "released"
    assert set(PointResult.objects.values_list("is_released", flat=True)) == {True}
    facts = set(CycleFact.objects.values_list("kind", flat=True))
    assert {"assessed", "draft_shared", "report_released"} <= facts
    final = Job.objects.filter(task="reporting.write_report", key__contains=":v1:")
    assert {job.arguments["language"] for job in final} == {"en", "bn"}
    assert AssessmentStep.objects.filter(to_status="released").count() == 1
    with pytest.raises(NotAllowed) as error:
        step("take_back", made, manager, reason="Again")
    assert Code.ALREADY_RELEASED in codes(error)


def test_team_never_releases_its_own(bd) -> None:
    made, *_ = with_factory()
    made_manager = make_member("manager", user=made.lead)
    closes = made.assessment.comments_close_on
    assert closes is not None
    with (
        scope.programme_scope(bd.pk, role="manager", user_id=made_manager.pk),
        pytest.raises(NotAllowed) as error,
    ):
        step("release", made, made_manager, closes + DAY)
    assert codes(error) == {Code.SAME_REVIEWER_AS_TEAM}


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("start_review", {}),
        ("return_to_team", {}),
        ("send_draft", {}),
        ("take_back", {"reason": "x"}),
        ("release", {}),
    ],
)
def test_out_of_order_steps_change_nothing(bd, name, extra) -> None:
    made = make_begun()
    with pytest.raises(NotAllowed) as error:
        step(name, made, make_member("manager"), **extra)
    assert Code.WRONG_STATUS in codes(error)
    assert made.fresh().status == "in_progress"
    assert not made.assessment.reviewer_id


# -- scheduler ----------------------------------------------------------------------------------


def test_review_clocks_remind_once_and_release_only_by_choice(bd) -> None:
    made, reviewer, ambassador = with_factory()
    closes = made.assessment.comments_close_on
    assert closes is not None
    for _twice in range(2):
        services.run_review_clocks(now=at(closes - DAY))
        services.run_review_clocks(now=at(closes + DAY))
    assert OutgoingMail.objects.filter(user=ambassador, kind="draft_reminder").count() == 1
    assert OutgoingMail.objects.filter(user=reviewer, kind="release_due").count() == 1
    assert made.fresh().status == "factory_review"


def test_release_by_itself_where_chosen(bd) -> None:
    from betterwork.tenancy.models import ProgrammeSettings

    made, *_ = with_factory()
    closes = made.assessment.comments_close_on
    assert closes is not None
    latest = ProgrammeSettings.objects.order_by("-version").first()
    ProgrammeSettings.objects.create(
        version=(latest.version if latest else 0) + 1,
        valid_from=date(2020, 1, 1),
        values={"assessment": {"releases_by_itself": True}},
        reason="The programme chose it",
    )
    from django.core.cache import cache

    cache.clear()
    assert services.run_review_clocks(now=at(closes))["released"] == 0
    assert services.run_review_clocks(now=at(closes + DAY))["released"] == 1
    assert made.fresh().status == "released"
    assert services.run_review_clocks(now=at(closes + DAY))["released"] == 0


def assessed_last_year(**extra: Any) -> Any:
    factory = make_factory(**extra)
    first = make_cycle(factory, starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31))
    CycleFact.objects.create(
        cycle=first, factory=factory, kind="assessed", happened_on=date(2025, 4, 15)
    )
    make_cycle(factory, number=2, starts_on=date(2026, 1, 1))
    return factory


def test_reassessment_opened_once_and_only_when_due(bd) -> None:
    factory = assessed_last_year()
    make_cycle(make_factory())  # a first cycle has no reassessment
    assert services.open_reassessments(today=date(2026, 1, 2)) == 0
    due = date(2026, 4, 20)
    assert services.open_reassessments(today=due) == 1
    assert services.open_reassessments(today=due) == 0
    opened = Assessment.objects.get()
    assert (opened.factory_id, opened.starts_on, opened.sealed) == (factory.pk, None, True)
    assert opened.opened_automatically
    assert not opened.team.exists()
    # The planner then gives it days and team through the same form.
    lead, second = make_member("advisor"), make_member("advisor")
    same = services.create_assessment(
        factory_id=factory.pk,
        starts_on=MONDAY,
        lead_id=lead.pk,
        second_id=second.pk,
        created_by=None,
    )
    assert same.pk == opened.pk
    assert same.team.count() == 2
    assert services.open_reassessments(today=due) == 0
