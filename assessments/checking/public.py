"""The publicly reported questions of a country, held against what is known of its list.

Which question of a compliance point is published is agreed with the Project Advisory Committee of
the country, and the tags are known to have been wrong before: this is an audit, not a decision.
Source: assessments/content/cat/public.yaml.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assessments.library import PublicIssues, ToolDefinition

from .findings import Finding, Severity

# How far below the average a country's number may be before somebody should look.
BELOW = 6


def public_tags(tool: ToolDefinition, known: PublicIssues) -> Iterator[Finding]:
    """Points without a public question, public questions elsewhere, and their number."""
    if not known.points:
        return
    tagged = [q for q in tool.questions if "public" in q.tags and q.kind == "ncq"]
    if not tagged:
        message = "No question is publicly reported."
        yield Finding("public_none", Severity.ERROR, "", "", "tags", message)
        return
    held = Counter(question.point for question in tagged)
    asked = {question.point for question in tool.questions if question.kind == "ncq"}
    country = tool.country
    for point in sorted(known.of(country) & asked - held.keys()):
        message = f"{point} holds public issues in {country}, and no question of it is tagged."
        yield Finding("public_point_empty", Severity.WARNING, "", "", point, message)
    for question in tagged:
        if question.point not in known.of(country):
            message = f"{question.point} is not known to hold public issues in {country}."
            yield Finding("public_elsewhere", Severity.WARNING, question.id, "", "tags", message)
    number, own = len(tagged), known.issues.get(country)
    if own is not None and number != own:
        message = f"{number} public questions; the list of {country} has {own}."
        yield Finding("public_count", Severity.WARNING, "", "", "tags", message)
    elif own is None and not known.average - BELOW <= number <= known.most:
        message = (
            f"{number} public questions; a country has {known.average} on average and at most"
            f" {known.most}."
        )
        yield Finding("public_count", Severity.WARNING, "", "", "tags", message)
