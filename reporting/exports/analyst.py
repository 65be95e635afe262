"""The analysts' exports: columns and values as the programme's analysts know them.

Each export is read in pages, one short transaction each, so that progress can be told and memory
stays flat however long the file becomes. Rows come in the order of first day, assessment and
question.

The answers file follows docs/domain/rules/rates.md: Finding is 1 (non-compliant) or 0 (compliant)
for an NCQ and the value for an FGW. The analysts' file has no code for "not applicable", "not
assessed" and "due to national law", and their scripts take every row of a compliance point into
its n; so these answers are left out, and the scripts give the dashboard's rates. With
`all_outcomes` they are kept, Finding holding the word. A factory that closed or left carries
"(Obsolete)" in its name, the sign the scripts look for. What a duplicate had before it was merged
stands under the factory it became.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from advisory.content.progress_reports import questions as progress_questions
from advisory.models import PlanItem, ProgressReport
from assessments.models import LawParameter, Outcome, ToolQuestion
from assessments.tool import law_on, resolve
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import CommitteeMember, Factory

ASSESSMENT, COMMITTEE, PLAN, PR2 = "assessment", "committee", "plan", "pr2"
COLUMNS: dict[str, tuple[str, ...]] = {
    # "Assesment" is spelt as in the file the analysts' scripts read.
    ASSESSMENT: (
        "Country", "TQ Name", "Quest ID", "Cycle", "Factory Assessed ID", "Factory Assessed Name",
        "Assesment Start Date", "Cluster", "CP", "Question ID", "Question", "Question type",
        "Finding",
    ),
    COMMITTEE: ("Title", "Category", "Is Current Chair", "Date Left"),
    PLAN: ("Compliance point", "Status"),
    PR2: ("organization_id", "organization_name", "cycle_number", "question", "answer"),
}  # fmt: skip
# Added behind the known columns where asked for: whose row it is.
DETAILS: dict[str, tuple[str, ...]] = {
    ASSESSMENT: (),
    COMMITTEE: ("organization_id", "organization_name", "Committee", "Name"),
    PLAN: ("organization_id", "organization_name", "Origin", "Due Date", "Verified"),
    PR2: (),
}
PAGE = {ASSESSMENT: 40, COMMITTEE: 5000, PLAN: 5000, PR2: 500}
MASK = "•••"
Row = Sequence[Any]


@dataclass(frozen=True)
class Choice:
    """What an export holds. Days are included; None is open."""

    kind: str
    language: str = "en"
    since: date | None = None
    until: date | None = None
    released_only: bool = False
    all_outcomes: bool = False
    details: bool = False
    mask_names: bool = True
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_parameters(cls, kind: str, found: Mapping[str, Any]) -> Choice:
        def day(name: str) -> date | None:
            return date.fromisoformat(found[name]) if found.get(name) else None

        return cls(
            kind=kind,
            language=str(found.get("language") or "en"),
            since=day("since"),
            until=day("until"),
            released_only=bool(found.get("released_only")),
            all_outcomes=bool(found.get("all_outcomes")),
            details=bool(found.get("details")),
            mask_names=bool(found.get("mask_names", True)),
        )

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "language": self.language,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "released_only": self.released_only,
            "all_outcomes": self.all_outcomes,
            "details": self.details,
            "mask_names": self.mask_names,
        }

    @property
    def head(self) -> tuple[str, ...]:
        return COLUMNS[self.kind] + (DETAILS[self.kind] if self.details else ())


@dataclass(frozen=True)
class Page:
    """Rows of one page; units done by it, of all units, where the next page begins."""

    rows: list[Row]
    units: int
    last: Any


_COUNT = "SELECT count(*) FROM assessments_assessment a WHERE {where}"


def total_units(choice: Choice) -> int:
    """How many units (assessments, members, items, reports) there are: what progress counts."""
    if choice.kind == ASSESSMENT:
        where, values = _assessments_where(choice)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(where=where), values)
            return int(cursor.fetchone()[0])
    return int(_rows_of(choice).count())


def page_of(choice: Choice, after: Any) -> Page | None:
    """The page behind `after` (None: the first); None when there is nothing more."""
    with translation.override(choice.language):
        found = _PAGES[choice.kind](choice, after)
    return found if found.units else None


def all_rows(choice: Choice, open_page: Callable[[], Any]) -> Iterator[Row]:
    """Every row, one page in memory at a time. `open_page` opens the scope of one page."""
    after: Any = None
    while True:
        with open_page():
            page = page_of(choice, after)
        if page is None:
            return
        yield from page.rows
        after = page.last


# -- answers ---------------------------------------------------------------------------------


def _assessments_where(choice: Choice) -> tuple[str, list[Any]]:
    where = """NOT a.sealed AND a.starts_on IS NOT NULL AND a.programme_id = %s
        AND (a.status IN ('submitted', 'quality_review', 'factory_review', 'released')
             OR a.status = 'in_progress' AND a.submitted_at IS NOT NULL)"""
    values: list[Any] = [scope.current_programme()]
    if choice.released_only:
        where += " AND a.status = 'released'"
    if choice.since:
        where += " AND a.starts_on >= %s"
        values.append(choice.since)
    if choice.until:
        where += " AND a.starts_on <= %s"
        values.append(choice.until)
    return where, values


@dataclass(frozen=True, slots=True)
class _Asked:
    tool: str
    cluster: str
    point: str
    lineage: str
    text: str
    kind: str
    value_type: str
    labels: Mapping[str, str]
    order: int


_HEAVY = ("title", "finding", "guidance", "applies", "ilo", "law")


def _questions(choice: Choice, version_id: UUID, day: date) -> dict[UUID, _Asked]:
    """Words of one version's questions, with the law of a day in their sentences.

    Kept for the length of the export, one set for all days between two changes of the law.
    """
    if not choice.kept:
        changes = LawParameter.objects.filter(country=_home().country).values_list(
            "effective_from", "effective_to"
        )
        choice.kept["changes"] = sorted({day for pair in changes for day in pair if day})
    period = bisect_right(choice.kept["changes"], day)
    key = (version_id, period)
    if key not in choice.kept:
        choice.kept[key] = _read_questions(version_id, choice.language, day)
    found: dict[UUID, _Asked] = choice.kept[key]
    return found


def _home() -> Programme:
    return Programme.objects.get(pk=scope.current_programme())


def _read_questions(version_id: UUID, language: str, day: date) -> dict[UUID, _Asked]:
    rows = ToolQuestion.objects.filter(version_id=version_id).select_related(
        "version", "point__cluster"
    )
    law = law_on(_home().country, day)

    def said(texts: Mapping[str, str]) -> str:
        return resolve(_text(texts, language), law, language, names)

    found = {}
    for row in rows.defer(*_HEAVY):
        names = row.version.names
        found[row.pk] = _Asked(
            _text(row.version.name, language) or row.version.label,
            _text(row.point.cluster.name, language),
            _text(row.point.name, language),
            row.lineage,
            said(row.text),
            row.kind.upper(),
            row.value_type,
            {
                each["key"]: said(each.get("label") or {}) or each["key"]
                for each in row.value_rules.get("choices", ())
            },
            row.order,
        )
    return found


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or ""


_ANSWERS = """
WITH page AS MATERIALIZED (
  SELECT a.id, a.code, a.cycle_number, a.starts_on, a.version_id, a.factory_id
  FROM assessments_assessment a
  WHERE {where} {after}
  ORDER BY a.starts_on, a.id LIMIT %s
)
SELECT p.id, p.starts_on, p.code, p.cycle_number, p.version_id, f.code, f.name, f.status,
       w.question_id, w.outcome, w.value_number, w.value_text, w.value_choice, w.value_date,
       w.value_boolean
FROM page p
JOIN factories_factory d ON d.id = p.factory_id
JOIN factories_factory f ON f.id = COALESCE(d.merged_into_id, d.id)
LEFT JOIN LATERAL (
  -- Taken assessment by assessment: the planner cannot know how few of a large table these are.
  SELECT * FROM assessments_answer a WHERE a.assessment_id = p.id OFFSET 0) w ON true
ORDER BY p.starts_on, p.id
"""
_CODES = {Outcome.NON_COMPLIANT: 1, Outcome.COMPLIANT: 0}


def _answers_page(choice: Choice, after: Any) -> Page:
    where, values = _assessments_where(choice)
    sql_after = ""
    if after is not None:
        sql_after = "AND (a.starts_on, a.id) > (%s, %s)"
        values += list(after)
    country = _home().name_in(choice.language)
    rows: list[tuple[tuple[int, int, str], Row]] = []
    units, last = 0, None
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS.format(where=where, after=sql_after), [*values, PAGE[ASSESSMENT]])
        found = cursor.fetchall()
    for (
        pk, starts_on, code, cycle, version, factory_code, factory, status, question_id, outcome,
        *given,
    ) in found:  # fmt: skip
        if (starts_on, pk) != last:
            units, last = units + 1, (starts_on, pk)
        if question_id is None:
            continue
        asked = _questions(choice, version, starts_on)[question_id]
        finding: Any
        if asked.kind == "NCQ":
            finding = _CODES.get(outcome)
            if finding is None:
                if not choice.all_outcomes:
                    continue
                finding = str(dict(Outcome.choices).get(outcome, ""))
        else:
            finding = _value(asked, *given)
        row = (country, asked.tool, quest_id(starts_on, code), cycle, factory_code,
               _factory_name(factory, status),
               british(starts_on), asked.cluster, asked.point,
               asked.lineage, asked.text, asked.kind, finding)  # fmt: skip
        rows.append(((units, asked.order, asked.lineage), row))
    # Assessments came in order; their questions are put in the tool's.
    rows.sort(key=lambda each: each[0])
    return Page([row for _key, row in rows], units, last)


def quest_id(starts_on: date, code: str) -> str:
    """An id whose highest of a factory is its latest assessment (R-3), as the scripts take it.

    First day and code: it counts nothing, so it tells of no assessment that is not in the file.
    """
    return f"{starts_on:%Y%m%d}-{code}"


def _factory_name(name: str, status: str) -> str:
    gone = status in {"closed", "left"} and "(obsolete)" not in name.lower()
    return f"{name} (Obsolete)" if gone else name


def british(day: date | None) -> str:
    """dd/mm/yyyy, as the analysts' files have it."""
    return f"{day:%d/%m/%Y}" if day else ""


def _value(
    asked: _Asked, number: Any, text: str, choice: str, day: date | None, boolean: bool | None
) -> Any:
    """A fact's value: a number stays one, a choice becomes its label in the file's language."""
    if asked.value_type == "number":
        return None if number is None else int(number) if number == int(number) else float(number)
    if asked.value_type == "choice":
        return asked.labels.get(choice, choice)
    if asked.value_type == "date":
        return british(day)
    if asked.value_type == "boolean":
        return "" if boolean is None else _("Yes") if boolean else _("No")
    return text


# -- members, items, progress reports ----------------------------------------------------------


FACTORY = ("factory", "factory__merged_into")


def _rows_of(choice: Choice) -> Any:
    home = {"programme_id": scope.current_programme()}
    if choice.kind == COMMITTEE:
        return CommitteeMember.objects.filter(**home).select_related("committee", *FACTORY)
    if choice.kind == PLAN:
        rows = PlanItem.objects.filter(merged_into__isnull=True, **home)
        return rows.select_related("point", *FACTORY)
    reports = ProgressReport.objects.filter(number=2, sent_on__isnull=False, **home)
    return reports.select_related("cycle", *FACTORY)


def _stands(factory: Factory) -> Factory:
    """The factory a row is of today: of a duplicate, the one it became."""
    return factory.merged_into or factory


def _after(choice: Choice, after: Any) -> list[Any]:
    rows = _rows_of(choice).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows[: PAGE[choice.kind]])


def _members_page(choice: Choice, after: Any) -> Page:
    found = _after(choice, after)
    rows: list[Row] = []
    for member in found:
        row: list[Any] = [
            member.get_title_display(),
            member.get_side_display(),
            _("Yes") if member.is_chair and member.left_on is None else _("No"),
            british(member.left_on),
        ]
        if choice.details:
            name = MASK if choice.mask_names else member.full_name
            factory = _stands(member.factory)
            row += [factory.code, factory.name, member.committee.name, name]
        rows.append(row)
    return Page(rows, len(found), found[-1].pk if found else None)


def _items_page(choice: Choice, after: Any) -> Page:
    found = _after(choice, after)
    rows: list[Row] = []
    for item in found:
        row: list[Any] = [_text(item.point.name, choice.language), item.get_status_display()]
        if choice.details:
            factory = _stands(item.factory)
            row += [
                factory.code,
                factory.name,
                item.get_origin_display(),
                british(item.due_on),
                british(timezone.localdate(item.verified_at) if item.verified_at else None),
            ]
        rows.append(row)
    return Page(rows, len(found), found[-1].pk if found else None)


def _reports_page(choice: Choice, after: Any) -> Page:
    found = _after(choice, after)
    words = {str(value): str(label) for value, label in ProgressReport.Rating.choices}
    # A report keeps the question as its writer read it; the file has one language for all.
    asked = {each.code: each for each in progress_questions(2)}
    rows: list[Row] = []
    for report in found:
        factory = _stands(report.factory)
        for code, given in sorted(report.answers.items()):
            answer = given.get("answer") if isinstance(given, dict) else given
            question = given.get("question") if isinstance(given, dict) else ""
            if code in asked:
                question = _text(asked[code].text, choice.language)
                if asked[code].kind == "yes_no":
                    answer = {"yes": _("Yes"), "no": _("No")}.get(str(answer), answer)
            rows.append(
                (factory.code, factory.name, report.cycle.number, question or code,
                 words.get(str(answer), answer))
            )  # fmt: skip
    return Page(rows, len(found), found[-1].pk if found else None)


_PAGES: dict[str, Callable[[Choice, Any], Page]] = {
    ASSESSMENT: _answers_page,
    COMMITTEE: _members_page,
    PLAN: _items_page,
    PR2: _reports_page,
}
