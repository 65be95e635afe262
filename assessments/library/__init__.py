"""The content library of the Compliance Assessment Tool, read from its YAML files.

Pure Python: no Django, no clock. `load()` reads `assessments/content/`, checks every file against
its JSON Schema and against the others, and returns immutable records. All faults are collected and
raised together, each with its file, line, key and remedy. The format is described in
docs/development/cat-content.md, the reading of the law in docs/domain/law.md.
"""

from .checking import citation_fault, citations
from .counting import counts
from .files import CONTENT, SCHEMAS, digest
from .reading import check, load
from .records import (
    GUIDANCE,
    TAGS,
    VERIFIED,
    Applies,
    Choice,
    Cluster,
    CountryLaw,
    Framework,
    Guidance,
    LawParameter,
    LawRow,
    Library,
    LibraryError,
    Overlay,
    Point,
    Problem,
    PublicIssues,
    Question,
    ReviewMarks,
    Term,
    Texts,
    ToolDefinition,
    ValueSpec,
)
from .resolving import (
    DEFAULT_LANGUAGE,
    NEUTRAL,
    PLACEHOLDER,
    UnresolvedParameter,
    localized_digits,
    placeholders,
    resolve_text,
    unverified_codes,
)
from .states import lapsed, mark, state, strings, with_states, words

__all__ = [
    "CONTENT",
    "DEFAULT_LANGUAGE",
    "GUIDANCE",
    "NEUTRAL",
    "PLACEHOLDER",
    "SCHEMAS",
    "TAGS",
    "VERIFIED",
    "Applies",
    "Choice",
    "Cluster",
    "CountryLaw",
    "Framework",
    "Guidance",
    "LawParameter",
    "LawRow",
    "Library",
    "LibraryError",
    "Overlay",
    "Point",
    "Problem",
    "PublicIssues",
    "Question",
    "ReviewMarks",
    "Term",
    "Texts",
    "ToolDefinition",
    "UnresolvedParameter",
    "ValueSpec",
    "check",
    "citation_fault",
    "citations",
    "counts",
    "digest",
    "lapsed",
    "load",
    "localized_digits",
    "mark",
    "placeholders",
    "resolve_text",
    "state",
    "strings",
    "unverified_codes",
    "with_states",
    "words",
]
