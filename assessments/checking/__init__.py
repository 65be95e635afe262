"""The checker of the tool: what is wrong, or might be, in the library or in one version.

Pure: records in, findings out. An error keeps a version from being published; a warning is for a
person to weigh; a gap is a translation still to come. What each code means is in
docs/development/cat-content.md, "The checker".
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from assessments.library import Cluster, Library, PublicIssues, Question, ToolDefinition

from .duplicates import duplicates
from .findings import Finding, Severity
from .public import public_tags
from .references import applicability, in_the_tool, references, value_range
from .sentences import figures, law_figures, parameters, translations
from .wording import wording

__all__ = ["Finding", "Severity", "check_library", "check_version"]

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.GAP: 2}


def check_library(library: Library) -> list[Finding]:
    """What concerns the global questions and the law, whichever country asks; errors first.

    A finding on the law has the country in place of the question, and the code as its field.
    """
    found = [*_of_questions(library.questions.values(), library.clusters)]
    for country, law in library.law.items():
        found += [replace(finding, lineage=country) for finding in law_figures(law.latest)]
    return _sorted(found)


def check_version(
    tool: ToolDefinition,
    public: PublicIssues,
    languages: Iterable[str] | None = None,
    known: Container[str] | None = None,
) -> list[Finding]:
    """Everything about one country's tool as it stands, drafts included; errors first.

    languages: in which it has to be whole; those of the tool if None. known: ids of all questions
    there are in any country, for related ones; not asked after if None.
    """
    wanted = tuple(tool.languages if languages is None else languages)
    found = [
        *_of_questions(tool.questions, tool.clusters),
        *in_the_tool(tool, known),
        *parameters(tool),
        *figures(tool),
        *public_tags(tool, public),
    ]
    for question in tool.questions:
        found += translations(question, wanted)
    return _sorted(found)


def _of_questions(questions: Iterable[Question], clusters: Iterable[Cluster]) -> Iterator[Finding]:
    by_code = {cluster.code: cluster for cluster in clusters}
    questions = list(questions)
    for question in questions:
        yield from wording(question)
        yield from references(question, by_code)
        yield from applicability(question)
        yield from value_range(question)
    yield from duplicates(questions)


def _sorted(found: Iterable[Finding]) -> list[Finding]:
    return sorted(
        found, key=lambda f: (_ORDER[f.severity], f.lineage, f.code, f.language, f.field, f.message)
    )
