"""What a question stands on: conventions, law of the country, related questions, applicability."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from django.utils.translation import gettext as _

from assessments.library import Cluster, Question, ToolDefinition

from .findings import Finding, Severity

# Convention, Protocol or Recommendation, then an article, a Part or a paragraph.
ILO = re.compile(r"^[CPR]\d{3}(?: (?:Arts?\.|Paras?\.|Part|Annex) ?[0-9IVX(][\w().,\- ]*)?$")
NEEDS = frozenset({"dormitory", "migrant_workers"})  # facts of a factory that are known
MODALITIES = frozenset({"on_site", "hybrid", "virtual"})


def references(question: Question, clusters: Mapping[str, Cluster]) -> Iterator[Finding]:
    """A question that is counted names the convention or the law it comes from."""
    for reference in question.ilo:
        if not ILO.match(reference):
            message = _("“%(reference)s” is not written as C155 Art. 16 or R164 Para. 10.") % {
                "reference": reference
            }
            yield Finding("ilo_form", Severity.WARNING, question.id, "", "ilo", message)
    if question.kind != "ncq":
        return
    cluster = clusters.get(question.cluster)
    if cluster is not None and cluster.basis == "core" and not question.ilo:
        message = _("A question on core standards names no ILO instrument.")
        yield Finding("no_ilo", Severity.ERROR, question.id, "", "ilo", message)
    elif not question.ilo and not question.law:
        message = _("The question names neither an ILO instrument nor a parameter of law.")
        yield Finding("no_reference", Severity.WARNING, question.id, "", "law", message)


def applicability(question: Question) -> Iterator[Finding]:
    """Conditions that no factory meets, or that contradict the tags."""
    applies = question.applies
    low, high = applies.min_workers, applies.max_workers

    def error(code: str, message: str) -> Finding:
        return Finding(code, Severity.ERROR, question.id, "", "applies", message)

    if low is not None and high is not None and low > high:
        yield error("applies_to_nobody", _("No factory is of this size."))
    for fact in sorted(applies.needs - NEEDS):
        yield error(
            "applies_unknown", _("No factory says whether it has “%(fact)s”.") % {"fact": fact}
        )
    for modality in sorted(applies.modalities - MODALITIES):
        yield error(
            "applies_unknown", _("“%(modality)s” is no way to assess.") % {"modality": modality}
        )
    if "vcc" in question.tags and applies.modalities and "virtual" not in applies.modalities:
        yield error(
            "vcc_not_virtual", _("Part of the virtual check, and not asked in a virtual one.")
        )
    if question.kind == "fgw":
        for tag in sorted(question.tags & {"public", "zero_tolerance", "differentiation"}):
            message = _("A fact that is gathered is no breach: it cannot be tagged %(tag)s.") % {
                "tag": tag
            }
            yield Finding("tag_on_fact", Severity.ERROR, question.id, "", "tags", message)


def value_range(question: Question) -> Iterator[Finding]:
    """A number wants its unit and the range in which it is plausible."""
    spec = question.value
    if spec is None or spec.type != "number":
        return
    missing = [
        name
        for name, given in (
            ("unit", bool(spec.unit)),
            ("min", spec.minimum is not None),
            ("max", spec.maximum is not None),
        )
        if not given
    ]
    if missing:
        message = _("The number has no %(missing)s: a slip of the pen would pass.") % {
            "missing": ", ".join(missing)
        }
        yield Finding("range_missing", Severity.WARNING, question.id, "", "value", message)
    if spec.minimum is not None and spec.maximum is not None and spec.minimum >= spec.maximum:
        message = _("From %(low)s to %(high)s is no range.") % {
            "low": spec.minimum,
            "high": spec.maximum,
        }
        yield Finding("range_empty", Severity.ERROR, question.id, "", "value", message)


def in_the_tool(tool: ToolDefinition, known: Container[str] | None) -> Iterator[Finding]:
    """References of one country's tool: related questions, law that its country has.

    known: ids of all questions there are, in whichever country; None where they are not at hand.
    """
    law = tool.law.latest
    for question in tool.questions:
        gone = [each for each in question.related if known is not None and each not in known]
        if gone or question.id in question.related:
            message = _("Related to no question: %(questions)s.") % {
                "questions": ", ".join(gone or [question.id])
            }
            yield Finding("related_unknown", Severity.ERROR, question.id, "", "related", message)
        if question.applies.countries and tool.country not in question.applies.countries:
            message = _("The question is not for this country.")
            yield Finding("not_for_country", Severity.ERROR, question.id, "", "applies", message)
        unknown = [code for code in question.law if code not in law]
        if unknown:
            message = _("The law of the country has no %(codes)s.") % {"codes": ", ".join(unknown)}
            yield Finding("law_unknown", Severity.ERROR, question.id, "", "law", message)
        cited = [law[code] for code in question.law if code in law]
        if question.kind == "ncq" and not question.ilo and not any(p.is_verified for p in cited):
            message = _("No verified law and no ILO instrument: a finding would stand on nothing.")
            yield Finding(
                "no_verified_reference", Severity.WARNING, question.id, "", "law", message
            )
