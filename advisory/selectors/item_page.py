"""What the page of one item shows: next step, seam, evidence, chain, facts, timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisory.models import PlanEvent, PlanEvidence, PlanItem
from advisory.rules.plan import Position, Side
from assessments.tool import law_on, tool_of, words_of
from betterwork.records.vocabulary import Action
from betterwork.ui import formats, parts

from .plan import Row, batch_label, heading, items, point_name
from .states import state_of

ICONS = {
    Action.ITEM_CREATED: "plan",
    Action.ITEMS_CREATED: "survey",
    Action.ITEM_CHANGED: "edit",
    Action.ITEM_PROGRESS: "st-part",
    Action.ITEM_DONE: "send",
    Action.ITEM_CONFIRMED: "st-done",
    Action.ITEM_NOT_YET: "chat",
    Action.ITEM_COMPLETED: "st-done",
    Action.ITEM_VERIFIED: "st-seal",
    Action.ITEM_RETURNED: "back",
    Action.ITEM_MERGED: "link",
    Action.ITEM_TAKEN_OVER: "link",
    Action.EVIDENCE_ADDED: "camera",
    Action.NUDGED: "bell",
}


@dataclass(frozen=True)
class Law:
    reference: str
    text: str
    is_verified: bool
    since: date | None = None


@dataclass(frozen=True)
class ItemPage:
    """Everything of one item, as one reader may see it."""

    row: Row
    position: Position | None
    who: parts.Who | None
    sides: tuple[parts.Side, parts.Side] | None  # None: not for this reader
    evidence: list[parts.Evidence]
    chain: list[parts.Step]
    events: list[parts.Event]
    law: list[Law] = field(default_factory=list)
    # The tool's own sentence in the reader's language; empty where the team's words hold it.
    standard: str = ""
    twins: list[PlanItem] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    total: int = 0
    is_outsider: bool = False

    @property
    def item(self) -> PlanItem:
        return self.row.item

    @property
    def is_my_move(self) -> bool:
        return self.position is not None and self.position in self.row.waiting_for

    @property
    def may_confirm(self) -> bool:
        sides = (Position.WORKER_MEMBER, Position.MANAGEMENT_MEMBER)
        return self.is_my_move and self.position in sides

    @property
    def may_work(self) -> bool:
        """The factory still works on it."""
        return not self.row.state.is_reported and self.item.status != PlanItem.Status.COMPLETED

    @property
    def under(self) -> str:
        """The line below the seam that tells completed from verified."""
        if self.row.state.is_verified:
            return _("Both sides confirmed, and it was verified.")
        if self.item.status == PlanItem.Status.COMPLETED:
            return _("Both sides confirmed: the item is completed. It is not yet verified.")
        return _(
            "The item counts as completed when both sides confirm. The advisor verifies it later."
        )


def link(name: str, *args: Any) -> str:
    """An address, or nothing where the page does not exist."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def item_page(
    item: PlanItem,
    *,
    position: Position | None,
    today: date,
    is_staff: bool,
    is_outsider: bool = False,
    initials: str = "",
) -> ItemPage:
    """Read the parts of an item: eight queries, whatever its history.

    is_outsider: row-level security hides confirmations, evidence and history from this reader,
    so that none found says nothing; what is known then is the item's own status.
    """
    merged = list(items().filter(merged_into=item))
    ids = [item.pk, *(each.pk for each in merged)]
    confirmations = list(item.confirmations.select_related("by"))
    events = list(PlanEvent.objects.filter(item__in=ids).select_related("by").order_by("at"))
    evidence = list(PlanEvidence.objects.filter(item__in=ids).select_related("file", "added_by"))
    state = state_of(item, confirmations)
    note, note_by = "", ""
    if not state.is_reported:
        back = [e for e in events if e.kind in {Action.ITEM_RETURNED, Action.ITEM_NOT_YET}]
        if back:
            note, note_by = back[-1].text, str(back[-1].by or "")
    row = Row(item, state, today, heading(item), point_name(item), note, note_by, tuple(merged))
    return ItemPage(
        row=row,
        position=position,
        who=_who(row, position, initials, is_outsider=is_outsider),
        sides=_sides_from_status(row) if is_outsider else _sides(row, confirmations, position),
        evidence=[_evidence(each) for each in evidence],
        chain=_chain(row, bool(evidence), is_staff=is_staff, is_outsider=is_outsider),
        events=_timeline(events, evidence),
        law=_law(events, item),
        standard=_standard(item),
        twins=_twins(item),
        origins=[batch_label(each) for each in (item, *merged)],
        total=PlanItem.objects.filter(plan=item.plan_id, merged_into__isnull=True).count(),
        is_outsider=is_outsider,
    )


def your_task(position: Position) -> str:
    """What the one who acts next is asked to do."""
    return {
        Position.AMBASSADOR: _("Work on it"),
        Position.WORKER_MEMBER: _("Confirm it"),
        Position.MANAGEMENT_MEMBER: _("Confirm it"),
        Position.ADVISOR: _("Verify it"),
    }[position]


def who_of(
    waiting: tuple[Position, ...], advisor: Any = None, *, is_outsider: bool = False
) -> parts.Who | None:
    """Who acts next, seen by somebody else; an outsider cannot know which side still waits."""
    if not waiting:
        return None
    task = your_task(waiting[0])
    sides = {Position.WORKER_MEMBER, Position.MANAGEMENT_MEMBER}
    if is_outsider and waiting[0] in sides:
        return parts.Who(_("The committee"), task, kind="side")
    if len(waiting) > 1:
        return parts.Who(_("Both committee sides"), task, kind="side")
    if waiting[0] is Position.WORKER_MEMBER:
        return parts.Who(_("Worker side"), task, kind="side")
    if waiting[0] is Position.MANAGEMENT_MEMBER:
        return parts.Who(_("Management side"), task, kind="side")
    if waiting[0] is Position.ADVISOR:
        return parts.Who(str(advisor or _("Advisor")), task, getattr(advisor, "initials", ""))
    return parts.Who(_("Factory ambassador"), task, kind="factory")


def _who(
    row: Row, position: Position | None, initials: str, *, is_outsider: bool
) -> parts.Who | None:
    waiting = row.waiting_for
    if position is not None and position in waiting:
        return parts.Who(_("You"), your_task(position), initials, is_you=True)
    return who_of(waiting, row.item.factory.advisor, is_outsider=is_outsider)


def _sides(
    row: Row, confirmations: list[Any], position: Position | None
) -> tuple[parts.Side, parts.Side]:
    agreed = {
        Side(each.side): each
        for each in confirmations
        if each.agrees and each.round == row.item.round
    }

    def side(which: Side, name: str, own: Position) -> parts.Side:
        found = agreed.get(which)
        yours = position is own and own in row.waiting_for
        if found is None:
            return parts.Side(name, waits_for_you=yours)
        return parts.Side(name, str(found.by or ""), found.at.date())

    return (
        side(Side.WORKER, _("Worker side"), Position.WORKER_MEMBER),
        side(Side.MANAGEMENT, _("Management side"), Position.MANAGEMENT_MEMBER),
    )


def _sides_from_status(row: Row) -> tuple[parts.Side, parts.Side] | None:
    """Completed means that both sides confirmed (rule P-3); before that nothing is told."""
    if row.item.status != PlanItem.Status.COMPLETED:
        return None
    return (
        parts.Side(_("Worker side"), is_agreed=True),
        parts.Side(_("Management side"), is_agreed=True),
    )


def _evidence(row: PlanEvidence) -> parts.Evidence:
    stored = row.file
    is_photo = stored.content_type == "image/jpeg"
    kind = stored.content_type.rsplit("/", 1)[-1].upper()[:4]
    return parts.Evidence(
        title=row.caption or stored.original_name,
        url=reverse("records:file", args=[stored.pk]) + ("?inline=1" if is_photo else ""),
        thumb_url=reverse("records:thumbnail", args=[stored.pk]) if is_photo else "",
        kind="photo" if is_photo else "doc",
        at=row.added_at,
        by=str(row.added_by or ""),
        size="" if is_photo else f"{kind}, {max(1, round(stored.size_bytes / 1000))} kB",
    )


def _chain(row: Row, has_evidence: bool, *, is_staff: bool, is_outsider: bool) -> list[parts.Step]:
    item = row.item
    found_url = ""
    if item.assessment_id and item.assessment is not None and not is_outsider:
        found_url = (
            link("assessments:question", item.assessment_id, item.lineage)
            if is_staff
            else link("assessments:draft", item.assessment_id)
        )
    completed = item.status == PlanItem.Status.COMPLETED
    from_finding = item.origin == PlanItem.Origin.ASSESSMENT
    steps = [
        (_("Non-compliance") if from_finding else _("Issue"), True, "st-nc", found_url),
        (_("Plan item"), True, "", ""),
        (_("Evidence"), has_evidence, "", "#evidence"),
        (_("Completed"), completed, "", ""),
        (_("Verified"), row.state.is_verified, "st-seal" if row.state.is_verified else "", ""),
    ]
    if is_outsider:
        del steps[2]
        now = 3 if completed else 2 if row.state.is_reported else 1
        return [_step(step, at == now) for at, step in enumerate(steps)]
    # Evidence may be missing on an item that is done: the thread stands where the work stands.
    now = 4 if completed else 3 if row.state.is_reported or has_evidence else 2
    return [_step(step, at == now) for at, step in enumerate(steps)]


def _step(step: tuple[str, bool, str, str], is_now: bool) -> parts.Step:
    label, done, icon, url = step
    return parts.Step(label, "sewn" if done else "now" if is_now else "", icon, url)


def _timeline(events: list[PlanEvent], evidence: list[PlanEvidence]) -> list[parts.Event]:
    lines: list[tuple[datetime, parts.Event]] = [
        (
            event.at,
            parts.Event(
                text=sentence_of(event),
                at=event.at,
                by=str(event.by or ""),
                icon=ICONS.get(Action(event.kind), "check"),
                detail=event.text,
            ),
        )
        for event in events
    ]
    # What only the advisor and its sender may see has no event; the file itself tells of it.
    lines += [
        (
            row.added_at,
            parts.Event(
                text=_("Evidence for the advisor only was added."),
                at=row.added_at,
                by=str(row.added_by or ""),
                icon="camera",
            ),
        )
        for row in evidence
        if row.visibility == PlanEvidence.Visibility.PROGRAMME
    ]
    return [line for _at, line in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def sentence_of(event: PlanEvent) -> str:
    """One line of an item's history, from the closed vocabulary."""
    facts: dict[str, Any] = event.facts
    kind = Action(event.kind)
    if kind in {Action.ITEM_CONFIRMED, Action.ITEM_NOT_YET}:
        return {
            (Action.ITEM_CONFIRMED, "worker"): _("The worker side confirmed that it is done."),
            (Action.ITEM_CONFIRMED, "management"): _(
                "The management side confirmed that it is done."
            ),
            (Action.ITEM_NOT_YET, "worker"): _("The worker side did not confirm yet."),
            (Action.ITEM_NOT_YET, "management"): _("The management side did not confirm yet."),
        }.get((kind, facts.get("side", "")), str(kind.label))
    if kind is Action.ITEM_PROGRESS and "percent" in facts:
        return _("Progress: %(share)s") % {"share": formats.percent(facts["percent"] / 100)}
    if kind is Action.ITEM_CREATED:
        if facts.get("assessment"):
            return _("Found in assessment %(assessment)s, and added to the plan.") % facts
        return _("Added to the plan.")
    if kind is Action.ITEMS_CREATED and facts.get("found_again_as"):
        return _(
            "Found again in assessment %(assessment)s; it is item %(found_again_as)s there. The"
            " progress here is unchanged."
        ) % {**facts, "found_again_as": formats.number(facts["found_again_as"])}
    if kind is Action.ITEM_MERGED:
        if "merged" in facts:
            return _("Item %(number)s was merged into this one.") % {
                "number": formats.number(facts["merged"])
            }
        return _("Merged into item %(number)s.") % {"number": formats.number(facts.get("kept"))}
    if kind is Action.ITEM_TAKEN_OVER:
        return _("Taken over from %(other)s, a duplicate of this factory; it was item %(was)s.") % {
            "other": facts.get("other", ""),
            "was": formats.number(facts.get("was", 0)),
        }
    if kind is Action.ITEM_VERIFIED and facts.get("assessment"):
        return _("Assessment %(assessment)s found it compliant: verified.") % facts
    if kind is Action.EVIDENCE_ADDED:
        count = int(facts.get("files", 1))
        text = ngettext(
            "%(count)s piece of evidence was added.",
            "%(count)s pieces of evidence were added.",
            count,
        )
        return text % {"count": formats.number(count)}
    return {
        Action.ITEM_CHANGED: _("Root cause, action, responsible or due date was changed."),
        Action.ITEM_DONE: _("Reported as done. Both sides are asked to confirm."),
        Action.ITEM_COMPLETED: _("Completed: both sides confirmed."),
        Action.ITEM_VERIFIED: _("Verified by the advisor."),
        Action.ITEM_RETURNED: _("The advisor returned it with a reason."),
        Action.NUDGED: _("A reminder was sent."),
    }.get(kind, str(kind.label))


def _law(events: list[PlanEvent], item: PlanItem) -> list[Law]:
    """The law the finding rests on, as it stood on the day of the assessment."""
    codes = {code for event in events for code in event.facts.get("law", [])}
    if not codes or item.assessment is None or item.assessment.starts_on is None:
        return []
    # Of several periods the one that counted on that day, as the report prints it.
    law = law_on(item.factory.programme.country, item.assessment.starts_on)
    rows = [law[code] for code in sorted(codes) if code in law]
    return [
        Law(
            row.reference if row.is_verified else "",
            row.topic,
            row.is_verified,
            row.effective_from if row.is_verified else None,
        )
        for row in rows
    ]


def _standard(item: PlanItem) -> str:
    """What the tool says of such a finding, with the law of the assessment's day.

    The team wrote in one language; whoever reads another learns here what is wrong.
    """
    if item.answer is None or item.assessment is None or item.assessment.starts_on is None:
        return ""
    question = item.answer.question
    words = words_of(tool_of(question.version_id), formats.language(), item.assessment.starts_on)
    said = words[question.lineage].finding
    return "" if said.casefold().rstrip(". ") in item.issue.casefold() else said


def _twins(item: PlanItem) -> list[PlanItem]:
    """Open items about the same question: offered for merging, never merged by themselves."""
    if not item.lineage or item.status == PlanItem.Status.COMPLETED or item.merged_into_id:
        return []
    same = items().filter(plan=item.plan_id, lineage=item.lineage, merged_into__isnull=True)
    return list(same.exclude(pk=item.pk).exclude(status=PlanItem.Status.COMPLETED))
