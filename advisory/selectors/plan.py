"""The improvement plan as people read it: items, whose move it is, progress by origin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from advisory.models import PlanConfirmation, PlanEvent, PlanItem
from advisory.rules import progress
from advisory.rules.plan import ItemState, Position
from advisory.selectors.states import state_from
from assessments.models import Assessment
from betterwork.records.vocabulary import Action
from betterwork.ui import formats
from betterwork.ui.parts import Clock, Segment
from factories.models import Factory

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    PlanRow = WithAnnotations[Factory, "Counted"]

HEAVY = ("text", "finding", "guidance", "value_rules", "applies", "ilo")


def items() -> QuerySet[PlanItem]:
    """Items this reader may see, merged ones included, with what their heading needs."""
    rows = PlanItem.objects.select_related("point", "answer__question", "assessment")
    return rows.defer(*(f"answer__question__{name}" for name in HEAVY)).order_by("number")


def heading(item: PlanItem) -> str:
    """What the item is about: the question's title in the reader's language, else the issue."""
    question = item.answer.question if item.answer_id and item.answer else None
    return formats.in_language(question.title) if question else item.issue


def point_name(item: PlanItem) -> str:
    return formats.in_language(item.point.name)


# -- one factory ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One item as a list shows it. `merged`: items that were merged into it."""

    item: PlanItem
    state: ItemState
    today: date
    heading: str = ""
    point: str = ""
    note: str = ""  # why it came back, while it is open again
    note_by: str = ""
    merged: tuple[PlanItem, ...] = ()

    @property
    def waiting_for(self) -> tuple[Position, ...]:
        return self.state.waiting_for

    @property
    def status(self) -> str:
        """The word of its status; "verified" is shown beside it, never instead in counts."""
        return "verified" if self.state.is_verified else str(self.state.status)

    @property
    def is_late(self) -> bool:
        is_open = self.item.status != PlanItem.Status.COMPLETED
        return is_open and self.item.due_on is not None and self.today > self.item.due_on

    @property
    def clock(self) -> Clock | None:
        item = self.item
        if item.due_on is None or item.status == PlanItem.Status.COMPLETED:
            return None
        return Clock.until(item.due_on, today=self.today, started_on=item.opened_on)

    @property
    def origin(self) -> str:
        return str(self.item.get_origin_display())

    @property
    def batch(self) -> str:
        return batch_key(self.item)


@dataclass(frozen=True)
class Batch:
    """Progress of what entered the plan together; completed and verified stand apart."""

    key: str
    label: str
    opened_on: date
    row: progress.ProgressRow

    @property
    def segments(self) -> list[Segment]:
        return segments(self.row)


@dataclass(frozen=True)
class Board:
    """The whole plan of one factory on one day."""

    rows: list[Row] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    def count(self, status: str) -> int:
        return sum(1 for row in self.rows if row.item.status == status)

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def completed(self) -> int:
        return self.count("completed")

    @property
    def verified(self) -> int:
        return sum(1 for row in self.rows if row.state.is_verified)

    @property
    def completed_only(self) -> int:
        return self.completed - self.verified

    @property
    def in_progress(self) -> int:
        return self.count("in_progress")

    @property
    def pending(self) -> int:
        return self.count("pending")

    @property
    def late(self) -> int:
        return sum(1 for row in self.rows if row.is_late)

    @property
    def segments(self) -> list[Segment]:
        names = ("verified", "completed", "in_progress", "pending")
        return strip({name: getattr(self, name) for name in names})

    def waiting(self, position: Position) -> list[Row]:
        """Items this position must act on, the most urgent first."""
        mine = [row for row in self.rows if position in row.waiting_for]
        return sorted(mine, key=lambda row: (row.item.due_on or date.max, row.item.number))


def segments(row: progress.ProgressRow) -> list[Segment]:
    """A meter of one batch: verified items are completed ones, so the strip adds up."""
    names = ("verified", "completed", "in_progress", "pending")
    return strip({name: getattr(row, name) for name in names})


def strip(counts: dict[str, int]) -> list[Segment]:
    """The meter of counts as `plan_rows` gives them."""
    return [
        Segment("ok", counts["verified"], _("verified")),
        Segment("done", counts["completed"] - counts["verified"], _("completed")),
        Segment("part", counts["in_progress"], _("in progress")),
        Segment("na", counts["pending"], _("pending")),
    ]


def board(factory_id: UUID, today: date) -> Board:
    """The plan of a factory, with confirmations and the reasons of what came back: one query."""
    agreed = PlanConfirmation.objects.filter(
        item=OuterRef("pk"), round=OuterRef("round"), agrees=True
    ).order_by("at")
    back = PlanEvent.objects.filter(
        item=OuterRef("pk"), kind__in=[Action.ITEM_RETURNED, Action.ITEM_NOT_YET]
    ).order_by("-at")
    everything = list(
        items()
        .filter(factory_id=factory_id)
        .annotate(
            agreed=ArraySubquery(agreed.values(found=JSONObject(side="side", by="by_id"))),
            came_back=Subquery(back.values(found=JSONObject(text="text", by="by__full_name"))[:1]),
        )
    )
    merged: dict[UUID, list[PlanItem]] = defaultdict(list)
    for item in everything:
        if item.merged_into_id is not None:
            merged[item.merged_into_id].append(item)
    rows = []
    for item in everything:
        if item.merged_into_id is not None:
            continue
        state = state_from(item, [(each["side"], each["by"]) for each in item.agreed])
        note = item.came_back if item.came_back and not state.is_reported else {}
        rows.append(
            Row(
                item=item,
                state=state,
                today=today,
                heading=heading(item),
                point=point_name(item),
                note=note.get("text", ""),
                note_by=note.get("by") or "",
                merged=tuple(merged[item.pk]),
            )
        )
    return Board(rows, batches(rows, today))


def batch_key(item: PlanItem) -> str:
    """What an item entered the plan with: one assessment, or its origin on one day."""
    if item.assessment_id:
        return str(item.assessment_id)
    return f"{item.origin}:{item.opened_on.isoformat()}"


def batch_label(item: PlanItem) -> str:
    if item.assessment_id and item.assessment is not None:
        return _("Assessment of %(day)s") % {"day": formats.on_date(item.assessment.starts_on)}
    return _("%(origin)s, %(day)s") % {
        "origin": item.get_origin_display(),
        "day": formats.on_date(item.opened_on),
    }


def batches(rows: Iterable[Row], today: date) -> list[Batch]:
    """Progress per batch, oldest first: new findings never change the line of older ones."""
    labels: dict[str, str] = {}
    listed = []
    for row in rows:
        origins = []
        for item in (row.item, *row.merged):
            key = batch_key(item)
            labels.setdefault(key, batch_label(item))
            origins.append(progress.Provenance(progress.Origin(item.origin), key, item.opened_on))
        listed.append(
            progress.PlanItem(str(row.item.pk), tuple(origins), row.state, row.item.due_on)
        )
    return [
        Batch(each.batch, labels[each.batch], each.opened_on, each)
        for each in progress.progress_by_batch(listed, today)
    ]


# -- all factories ----------------------------------------------------------------------------


class Counted(TypedDict):
    """What `plan_rows` adds to a factory: counts of its items by state."""

    progress: dict[str, int] | None


def plan_rows(today: date) -> QuerySet[PlanRow]:
    """Factories with a plan, each with `.progress`: counts of its items, one query for a page."""
    own = PlanItem.objects.filter(factory=OuterRef("pk"), merged_into__isnull=True)
    is_open = ~Q(status=PlanItem.Status.COMPLETED)
    counted = (
        own.order_by()
        .values("factory")
        .annotate(
            found=JSONObject(
                total=Count("pk"),
                pending=Count("pk", filter=Q(status=PlanItem.Status.PENDING)),
                in_progress=Count("pk", filter=Q(status=PlanItem.Status.IN_PROGRESS)),
                completed=Count("pk", filter=Q(status=PlanItem.Status.COMPLETED)),
                verified=Count("pk", filter=Q(verified_at__isnull=False)),
                late=Count("pk", filter=is_open & Q(due_on__lt=today)),
                to_confirm=Count("pk", filter=is_open & Q(done_on__isnull=False)),
            )
        )
        .values("found")
    )
    return (
        Factory.objects.filter(plan__isnull=False, merged_into__isnull=True)
        .select_related("advisor")
        .only("programme_id", "code", "name", "advisor__full_name", "advisor__email")
        .annotate(progress=Subquery(counted))
    )


def sorted_by(rows: QuerySet[PlanRow], sort: str, today: date) -> QuerySet[PlanRow]:
    """Sort orders of the list of plans: name, late, verify; "-" turns them round."""
    down, name = sort.startswith("-"), sort.lstrip("-")
    if name == "name":
        return rows.order_by("-name" if down else "name", "id")
    own = PlanItem.objects.filter(factory=OuterRef("pk"), merged_into__isnull=True).order_by()
    chosen = {
        "late": own.exclude(status=PlanItem.Status.COMPLETED).filter(due_on__lt=today),
        "verify": own.filter(status=PlanItem.Status.COMPLETED, verified_at__isnull=True),
    }[name]
    counted = chosen.values("factory").annotate(n=Count("pk")).values("n")
    ordered = rows.annotate(rank=Subquery(counted))
    by = F("rank").desc(nulls_last=True) if down else F("rank").asc(nulls_first=True)
    return ordered.order_by(by, "name", "id")


def to_verify() -> QuerySet[PlanItem]:
    """Completed items that no advisor has looked at, the longest waiting first."""
    rows = items().select_related("factory").filter(merged_into__isnull=True)
    return rows.filter(status=PlanItem.Status.COMPLETED, verified_at__isnull=True).order_by(
        "completed_at", "id"
    )


def assessments_to_add(factory_id: UUID) -> list[Assessment]:
    """Shared assessments with findings that are not in the plan yet, a duplicate's among them."""
    rows = Assessment.objects.filter(
        Q(factory_id=factory_id) | Q(factory__merged_into_id=factory_id),
        status__in=["factory_review", "released"],
    )
    is_finding = Q(answers__outcome="non_compliant")
    found = rows.annotate(found=Count("answers", filter=is_finding))
    mine = PlanItem.objects.filter(assessment=OuterRef("pk")).order_by().values("assessment")
    found = found.annotate(in_plan=Subquery(mine.annotate(n=Count("pk")).values("n")))
    return [each for each in found.order_by("-starts_on")[:4] if each.found > (each.in_plan or 0)]
