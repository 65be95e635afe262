"""Sentences of this app's refusals, and the list of reasons behind a refused move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from betterwork.errors import DomainError
from betterwork.refusals import sentence
from betterwork.ui import formats

from .models import Assessment
from .rules.lifecycle import Refusal, Status

SENTENCES: dict[str, str | Promise] = {
    "move_refused": _("This step is not possible yet. Nothing was changed."),
    "edit_refused": _("This answer cannot be changed now. What you typed is kept on this page."),
    "signature_refused": _("The assessment cannot be signed yet. Nothing was changed."),
    "review_refused": _("This step of the review is not yours, or not possible now."),
    "no_open_cycle": _(
        "This factory has no open cycle. Open a cycle on the factory's page, then plan again."
    ),
    "assessment_in_cycle_exists": _(
        "Cycle %(cycle)s of this factory has an assessment already. Change that one instead."
    ),
    "no_tool_in_force": _("No version of the assessment tool is in force on %(day)s."),
    "modality_unknown": _("Choose how the assessment is held."),
    "override_needs_reason": _(
        "The rules do not allow this way of holding the assessment. Write down why it is chosen."
    ),
    "days_missing": _("Choose the first day before the team."),
    "days_reversed": _("The last day lies before the first. Choose the days again."),
    "days_past": _("The first day lies in the past. Choose a coming day."),
    "rest_day": _("%(day)s is a rest day or a public holiday. Choose another day."),
    "visit_days": _("An assessment takes %(lowest)s to %(highest)s days. Choose the days again."),
    "team_refused": _("This team is not allowed. Choose other people."),
    "team_not_advisors": _("Only advisors of this programme can be on the team."),
    "not_an_advisor": _("Only advisors of this programme have skills, leave and ties."),
    "not_yours_to_grant": _("A planner grants this. Ask a planner of your programme."),
    "location_half": _("Give both latitude and longitude, or neither."),
    "absence_too_long": _("At most %(most)s days at once. Record the rest as another entry."),
    "no_regions": _("Choose at least one region."),
    "feed_shows_unknown": _("Choose what the calendar shows."),
    "plan_not_waiting": _("Somebody has decided on this plan already."),
    "plan_stale": _(
        "A visit changed since this was worked out. Plan again, then look at the new changes."
    ),
    "plan_breaks_rules": _("The checker refused it. Nothing was changed."),
    "move_needs_reason": _("This choice sets rules aside. Write down the reason, or choose again."),
    "visit_is_locked": _("This visit is locked. Unlock it first."),
    "planned_twice": _("Two planned visits belong to one factory. Cancel one of them."),
    "plan_seats_two": _("The planner seats two assessors; the settings ask for %(needed)s."),
    "second_attempt_reversed": _("A second attempt cannot end before it begins."),
    "hybrid_takes_two_days": _("A hybrid assessment takes two days."),
    "question_unknown": _("This question (%(question)s) is not part of the assessment."),
    "answer_malformed": _("The answer could not be read (%(field)s). Load the page again."),
    "version_unknown": _("The answer on this page is newer than the one kept here. Load it again."),
    "text_too_long": _("The text is too long: at most %(most)s signs."),
    "value_not_a_number": _("Write a number, such as 12 or 12.5."),
    "value_too_precise": _("Write at most %(decimals)s places after the point."),
    "value_too_low": _("Write a number of at least %(lowest)s."),
    "value_too_high": _("Write a number of at most %(highest)s."),
    "value_not_a_choice": _("Choose one of the answers given."),
    "value_not_a_date": _("Write a date that exists."),
    "value_too_early": _("Choose a day from %(earliest)s on."),
    "value_too_late": _("Choose a day until %(latest)s."),
    "choice_unknown": _("Choose which answer is kept."),
    "no_files": _("Choose a photo or a document first."),
    "too_many_files": _("Send at most %(most)s files at once."),
    "text_missing": _("Write a few words first."),
    "reason_needed": _("Write down the reason first."),
    "worked_day_past": _("%(day)s is over. Only a coming holiday can be worked."),
    "not_a_holiday": _("%(day)s is no public holiday: nothing has to be lifted."),
    "not_to_be_repeated": _("Only a visit that was put off or refused can be attempted again."),
    "remark_settled": _("This remark is settled already."),
    "tool_refused": _("This step of the tool is not possible now. Nothing was changed."),
    "tool_version_unknown": _("This version is not there. Choose one of the list."),
    "label_malformed": _(
        "Write a label of letters, digits, points and hyphens, such as BD-2027.1."
    ),
    "tool_label_taken": _(
        "%(label)s is published and never changes. Write the label of a draft below, such as"
        " %(free)s: the file goes into it."
    ),
    "label_taken": _("Another version has the label %(label)s. Choose another."),
    "reviewed_by_author": _("You wrote these words, so another person reviews them."),
    "english_missing": _("Write it in English: the other languages rest on it."),
    "local_name_malformed": _("The local name %(name)s needs a code of small letters and English."),
    "local_name_cited": _("Questions cite %(names)s. Change them first, then take the name out."),
    "question_gone": _("This version does not ask %(question)s any more."),
    "question_there": _("This version asks %(question)s already."),
    "question_unknown_here": _("No question %(question)s is known that could be brought back."),
    "question_newer": _("This page is older than the question's history. Load it again."),
    "question_faulty": _("Some fields have to be put right. What you typed is kept below."),
    "edit_unknown": _("This text was settled already."),
    "comment_unknown": _("This comment is not there."),
    "point_unknown": _("Choose a compliance point."),
    "parameter_unknown": _(
        "Not known here: %(codes)s. Cite a parameter of the law or a local name."
    ),
    "lineages_unknown": _("This version has no question %(codes)s."),
    "braces_differ": _("The English cites %(codes)s: cite the same here, as often."),
    "entries_differ": _("The English has %(wanted)s entries: write as many here, or none."),
    "range_reversed": _("The highest is below the lowest."),
    "structural_of_fact": _("Only a non-compliance question can be due to national law."),
    "break_needs_note": _("Write why the series breaks: readers of the rates see it."),
    "choices_too_few": _("Offer at least two answers, each with a key of its own."),
    "choice_key_malformed": _("Keys are small letters, digits and underscores, not: %(codes)s."),
    "law_kind_fixed": _("The kind of %(parameter)s does not change: questions rest on it."),
    "law_source_missing": _("A checked value needs its reference and its source."),
    "law_value_missing": _("A checked value is not empty. Write it, or mark it as not found."),
    "law_period_exists": _(
        "There is a period that begins on %(day)s already. Choose another day, or correct that one."
    ),
    "law_period_reversed": _("The last day lies before the first."),
    "law_proposal_open": _("A proposal for this day waits for a decision already."),
    "law_period_unknown": _("This period was corrected meanwhile. Look at it anew."),
    "proposal_unknown": _("This proposal is not there."),
    "law_decided": _("This proposal was decided already."),
    "law_second_person": _("You proposed it, so another person must decide."),
    "law_own_only": _("Only the person who proposed it can withdraw it."),
    "comments_closed": _(
        "The time for comments is over. Ask your advisor if something is missing."
    ),
}

_REASONS: dict[str, str | Promise] = {
    "wrong_status": _("The assessment is at another step: %(status)s."),
    "already_released": _("The report is released: it no longer changes."),
    "not_your_task": _("This step belongs to somebody else: %(needed)s."),
    "not_on_team": _("You are not on the team of this assessment."),
    "not_the_lead": _("Only the lead assessor can do this."),
    "not_the_reviewer": _("Another person reviews this assessment."),
    "team_incomplete": _("The team has %(assessors)s of %(needed)s assessors."),
    "no_lead": _("The team has no lead assessor."),
    "several_leads": _("The team has more than one lead assessor."),
    "check_in_too_early": _(
        "The first day is %(planned_on)s. To begin earlier, write down the reason."
    ),
    "date_missing": _("The assessment has no day yet."),
    "unanswered_questions": _("Questions without an answer: %(count)s."),
    "invalid_values": _("Answers with something to put right: %(count)s."),
    "findings_without_text": _("Non-compliances without a finding: %(count)s."),
    "findings_need_two_sources": _("Findings with fewer than two sources: %(count)s."),
    "open_conflicts": _("Answers given in two ways, to be settled: %(count)s."),
    "unsigned": _("Signatures missing: %(count)s."),
    "already_signed": _("You have signed already."),
    "remarks_unanswered": _("The reviewer's remarks without an answer: %(count)s."),
    "same_reviewer_as_team": _("You were on the team, so another person must review it."),
    "no_remarks": _("There is no open remark to return it with."),
    "remarks_open": _("Remarks that are not settled: %(count)s."),
    "comment_period_missing": _("The factory has no time for comments yet."),
    "comment_period_running": _(
        "The factory can comment until %(until)s, unless it says before that it has finished."
    ),
    "comments_unanswered": _("The factory's comments without an answer: %(count)s."),
    "reason_missing": _("Write down the reason first."),
    "reason_unknown": _("Choose one of the reasons given."),
}

# What stands against a step of a version of the tool.
_AGAINST: dict[str, str | Promise] = {
    "tool_not_draft": _("It is no draft any more: a published version never changes."),
    "tool_under_review": _("It is under review. Take it back first, or wait for the reviewer."),
    "tool_not_under_review": _("Nobody has asked for a review yet."),
    "tool_nothing_changed": _("Nothing has changed in it yet."),
    "tool_no_note": _("Its note is empty. Write what changes, and why."),
    "tool_same_person": _("You wrote in it, so another person must approve it."),
    "tool_comments_open": _("Comments wait to be settled."),
    "tool_conflicts_open": _("Some questions have two texts. Settle them first."),
    "tool_series_undecided": _(
        "Reworded questions do not say yet whether their series goes on. They are listed below."
    ),
    "tool_faults": _("The checker found errors."),
    "tool_not_approved": _("A second person has not approved it yet."),
    "tool_day_past": _("The day lies in the past. Choose today or a coming day."),
    "tool_day_before_another": _(
        "Another version begins on that day or later. Choose a later day."
    ),
    "tool_not_published": _("It was never published."),
    "tool_only_one": _("It is the only version in force. Publish another one first."),
    "tool_not_yours": _("Your role does not take this step."),
}

POSITIONS: dict[str, str | Promise] = {
    "lead": _("lead assessor"),
    "member": _("assessor"),
    "reviewer": _("reviewer"),
    "planner": _("planner"),
    "system": _("the system"),
}

# What each rule of a team says, when it holds and when it does not.
TEAM_RULES: dict[str, str | Promise] = {
    "enough_assessors": _("At least two assessors"),
    "one_lead": _("One lead assessor"),
    "not_own_advisor": _("Nobody assesses a factory of the own caseload"),
    "not_previous_team": _("Nobody of the last assessment's team again"),
    "no_conflict_of_interest": _("No declared conflict of interest"),
    "speaks_worker_language": _("Somebody speaks the workers' language"),
    "both_sexes": _("Women and men on the team"),
    "osh_skills": _("Somebody is trained in safety and health"),
    "short_travel": _("No long journey"),
    "even_load": _("An even load"),
}


def reason(refusal: Refusal) -> str:
    """One reason of a refused move, as a sentence."""
    facts: dict[str, Any] = dict(refusal.facts)
    for name, value in facts.items():
        if isinstance(value, date):
            facts[name] = formats.day(value)
    if "status" in facts:
        facts["status"] = status_word(facts["status"])
    if refusal.code == "not_your_task":
        facts["needed"] = ", ".join(str(POSITIONS[name]) for name in facts["needed"])
    if refusal.code == "unsigned":
        facts["count"] = len(facts["users"])
    if "count" in facts:
        facts["count"] = formats.number(facts["count"])
    text = str(_REASONS.get(refusal.code, refusal.code))
    return text % facts if facts else text


def status_word(status: str) -> str:
    if status == Status.RETURNED:
        return gettext("Returned to the team")
    return str(Assessment.Status(status).label)


def against(code: str) -> str:
    """One reason against a step of the tool, as a sentence."""
    return str(_AGAINST.get(code, code))


def reasons(refusals: Iterable[Refusal]) -> list[str]:
    return [reason(refusal) for refusal in refusals]


def said(error: DomainError) -> tuple[str, list[str]]:
    """(sentence, reasons) of an error: what a page or an answer to a device shows."""
    for name, value in list(error.facts.items()):
        if isinstance(value, date):
            error.facts[name] = formats.day(value)
    why = reasons(error.facts.get("refusals", ()))
    why += [against(code) for code in error.facts.get("against", ())]
    if error.code == "team_refused":
        why = [str(format_lazy("{}", TEAM_RULES[check.key])) for check in error.facts["checks"]]
    return sentence(error), why
