"""The publicly reported questions of a country, held against what is known of its list.

Which question of a compliance point is published is agreed with the Project Advisory Committee of
the country, and the tags are known to have been wrong before: this is an audit, not a decision.
Source: assessments/content/cat/public.yaml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from assessments.library import PublicIssues, Question, ToolDefinition

from .findings import Finding, Severity

# How far below the average a country's number may be before somebody should look.
BELOW = 6


def public_tags(tool: ToolDefinition, known: PublicIssues) -> Iterator[Finding]:
    """Points or issues without a public question, public questions elsewhere, and their number."""
    if not known.points:
        return
    tagged = [q for q in tool.questions if "public" in q.tags and q.kind == "ncq"]
    if not tagged:
        message = _("No question is publicly reported.")
        yield Finding("public_none", Severity.ERROR, "", "", "tags", message)
    elif tool.country in known.issues:
        yield from _own_list(tool, known, tagged)
    else:
        yield from _points(tool, known, tagged)


def _own_list(
    tool: ToolDefinition, known: PublicIssues, tagged: Sequence[Question]
) -> Iterator[Finding]:
    """A country whose issues are known one by one."""
    issues, marked = known.issues[tool.country], {question.id for question in tagged}
    for issue in issues:
        if not issue & marked:
            message = _("This issue of the country's list is asked by no public question.")
            yield Finding("public_issue_empty", Severity.WARNING, min(issue), "", "tags", message)
    for key in sorted(marked - frozenset().union(*issues)):
        message = _("No issue of the country's list is asked here.")
        yield Finding("public_elsewhere", Severity.WARNING, key, "", "tags", message)


def _points(
    tool: ToolDefinition, known: PublicIssues, tagged: Sequence[Question]
) -> Iterator[Finding]:
    country, held = tool.country, Counter(question.point for question in tagged)
    asked = {question.point for question in tool.questions if question.kind == "ncq"}
    if country in known.publishes:
        for point in sorted(known.of(country) & asked - held.keys()):
            message = _("%(point)s holds public issues, and no question of it is tagged.") % {
                "point": point
            }
            yield Finding("public_point_empty", Severity.WARNING, "", "", point, message)
    for question in tagged:
        if question.point not in known.of(country):
            message = _("%(point)s is not known to hold public issues.") % {"point": question.point}
            yield Finding("public_elsewhere", Severity.WARNING, question.id, "", "tags", message)
    number = _issues(known, country, {question.id for question in tagged})
    if not known.average - BELOW <= number <= known.most:
        message = _(
            "%(number)s public issues; a country has %(average)s on average and at most %(most)s."
        ) % {"number": number, "average": known.average, "most": known.most}
        yield Finding("public_count", Severity.WARNING, "", "", "tags", message)


def _issues(known: PublicIssues, country: str, tagged: set[str]) -> int:
    """How many issues these questions are: several may ask one."""
    doubled = (len(group & tagged) - 1 for group in known.one_issue.get(country, ()))
    return len(tagged) - sum(max(each, 0) for each in doubled)
