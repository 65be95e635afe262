"""Reads the files of the library into records, and collects every problem on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path

import yaml

from .checking import check_parameter, check_question, check_tool, check_translations
from .files import CONTENT, File, Loader, digest, fits_schema
from .making import (
    date_of,
    framework_of,
    guidance_of,
    marks_of,
    overlay_of,
    parameter_of,
    public_of,
    question_of,
)
from .records import (
    Cluster,
    CountryLaw,
    Framework,
    Guidance,
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
)
from .resolving import DEFAULT_LANGUAGE
from .states import lapsed, with_states

_cache: dict[tuple[Path, str], Library] = {}


def load(root: Path = CONTENT) -> Library:
    """Read and check the library at `root`; the last one read is kept while no file changes.

    Raises: LibraryError with every fault found.
    """
    root = Path(root)
    key = (root, digest(root))
    if key not in _cache:
        library, problems = check(root)
        faults = [problem for problem in problems if problem.severity == "error"]
        if faults or library is None:
            raise LibraryError(faults)
        _cache.clear()
        _cache[key] = library
    return _cache[key]


def check(root: Path = CONTENT) -> tuple[Library | None, tuple[Problem, ...]]:
    """Read the library and return it (None if a file cannot be used) with all problems."""
    reader = _Reader(Path(root))
    library = reader.read()
    ordered = sorted(reader.problems, key=lambda p: (p.severity, p.file, p.line or 0, p.key))
    return library, tuple(ordered)


class _Reader:
    """Reads the files of one library and collects problems on the way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.files: dict[str, File] = {}
        self.where: dict[str, tuple[File, tuple[object, ...]]] = {}  # question id -> place

    def read(self) -> Library | None:
        clusters = self._clusters()
        law = self._law()
        caf = self._framework(clusters)
        questions = self._questions(clusters, law, caf)
        overlays = self._overlays(clusters, questions, law)
        glossary = self._glossary()
        public = self._public(clusters, law, questions.keys())
        marks = self._marks(questions)
        if any(problem.severity == "error" for problem in self.problems):
            return None
        stated = {key: with_states(each, marks) for key, each in questions.items()}
        self._report_lapsed(questions, stated, overlays, marks)
        library = Library(
            digest(self.root), clusters, stated, law, overlays, glossary, public, caf, marks
        )
        for overlay in overlays.values():
            check_tool(self.files, self.where, library.tool(overlay.country))
        if any(problem.severity == "error" for problem in self.problems):
            return None
        gaps = tuple(problem for problem in self.problems if problem.severity == "gap")
        return replace(library, gaps=gaps)

    def _open(self, path: Path, schema: str) -> File | None:
        name = path.relative_to(self.root).as_posix()
        file = File(name, path.read_bytes(), self.problems)
        self.files[file.name] = file
        return file if fits_schema(file, schema) else None

    # clusters

    def _clusters(self) -> tuple[Cluster, ...]:
        path = self.root / "cat" / "structure.yaml"
        if not path.exists():
            name = path.relative_to(self.root).as_posix()
            remedy = "Add it: it lists clusters and compliance points"
            self.problems.append(Problem(name, None, "-", "the file is missing", remedy))
            return ()
        file = self._open(path, "structure")
        if file is None:
            return ()
        clusters, seen = [], set[str]()
        for index, raw in enumerate(file.data):
            points = []
            for number, point in enumerate(raw["points"]):
                place = (index, "points", number)
                if not point["code"].startswith(raw["code"] + "-"):
                    remedy = f"Begin it with {raw['code']}-"
                    file.error(place, "not a code of this cluster", remedy, point["code"])
                points.append(
                    Point(
                        code=point["code"],
                        order=point["order"],
                        name=point["name"],
                        cluster=raw["code"],
                        facts_only=point.get("facts_only", False),
                    )
                )
            for code in (raw["code"], raw["slug"], *(point.code for point in points)):
                if code in seen:
                    file.error((index,), "used twice", "Give each its own code", code)
                seen.add(code)
            clusters.append(
                Cluster(
                    code=raw["code"],
                    slug=raw["slug"],
                    order=raw["order"],
                    basis=raw["basis"],
                    name=raw["name"],
                    points=tuple(sorted(points, key=lambda point: point.order)),
                )
            )
        return tuple(sorted(clusters, key=lambda cluster: cluster.order))

    # law

    def _law(self) -> dict[str, CountryLaw]:
        law: dict[str, CountryLaw] = {}
        for path in sorted((self.root / "law").glob("*.yaml")):
            file = self._open(path, "law")
            if file is None:
                continue
            country, parameters = path.stem, []
            seen: Counter[tuple[str, str]] = Counter()
            for index, raw in enumerate(file.data):
                check_parameter(file, index, raw)
                version = (raw["code"], raw.get("effective_from", ""))
                seen[version] += 1
                if seen[version] == 2:
                    remedy = "Give the newer version its own effective_from, or delete one"
                    file.error((index,), "the code stands twice", remedy, raw["code"])
                parameters.append(parameter_of(country, raw))
            law[country] = CountryLaw(country, tuple(parameters))
        return law

    # questions

    def _questions(
        self, clusters: tuple[Cluster, ...], law: Mapping[str, CountryLaw], caf: Framework
    ) -> dict[str, Question]:
        codes = {p.code for country in law.values() for p in country.parameters}
        names = self._local_names()
        slugs = {cluster.slug for cluster in clusters}
        translations = self._translations(slugs)
        guides = self._guides(slugs)
        for path in sorted((self.root / "cat" / "questions").glob("*.yaml")):
            if path.stem not in slugs:
                name = path.relative_to(self.root).as_posix()
                remedy = "Name the file after a cluster slug of structure.yaml"
                self.problems.append(Problem(name, None, "-", "no such cluster", remedy))
        questions: dict[str, Question] = {}
        for cluster in clusters:
            path = self.root / "cat" / "questions" / f"{cluster.slug}.yaml"
            file = self._open(path, "questions") if path.exists() else None
            if file is None:
                continue
            points = {point.code: point for point in cluster.points}
            found: list[Question] = []
            for index, raw in enumerate(file.data):
                if raw["id"] in self.where:
                    remedy = "Give the newer question the next free number"
                    file.error((index, "id"), "the id is used twice", remedy, raw["id"])
                    continue
                self.where[raw["id"]] = (file, (index,))
                check_question(file, index, raw, points, codes | names, set(law))
                own = {lang: t[raw["id"]] for lang, t in translations.items() if raw["id"] in t}
                guide = {lang: g[raw["id"]] for lang, g in guides.items() if raw["id"] in g}
                found.append(question_of(raw, cluster.code, own, guide, caf))
            rank = {code: place for place, code in enumerate(points)}
            for question in sorted(found, key=lambda q: rank.get(q.point, 0)):
                questions[question.id] = replace(question, order=len(questions) + 1)
        for question in questions.values():
            file, place = self.where[question.id]
            for other in question.related:
                if other not in questions:
                    remedy = "Correct the id or take it out"
                    file.error((*place, "related"), f"no question {other}", remedy, question.id)
                elif other == question.id:
                    remedy = "Take it out"
                    file.error((*place, "related"), "related to itself", remedy, question.id)
        check_translations(self.files, self.where, questions)
        asked = {question.point for question in questions.values()}
        structure = self.files.get("cat/structure.yaml")
        for index, cluster in enumerate(structure.data if structure and clusters else ()):
            for number, point in enumerate(cluster["points"]):
                if point["code"] not in asked and structure is not None:
                    remedy = f"Write questions in cat/questions/{cluster['slug']}.yaml"
                    place = (index, "points", number)
                    structure.gap(place, "compliance point without question", remedy, point["code"])
        return questions

    def _local_names(self) -> set[str]:
        """Names that any overlay defines: a question may cite them in braces as well."""
        names: set[str] = set()
        for path in sorted((self.root / "cat" / "countries").glob("*.yaml")):
            try:
                data = yaml.load(path.read_bytes(), Loader)  # noqa: S506 - a safe loader
            except yaml.YAMLError:
                continue  # reported when the overlay itself is read
            if isinstance(data, dict) and isinstance(data.get("names"), dict):
                names |= {str(name) for name in data["names"]}
        return names

    # translations

    def _translations(self, slugs: set[str]) -> dict[str, dict[str, Texts]]:
        result: dict[str, dict[str, Texts]] = {}
        folder = self.root / "cat" / "translations"
        for path in sorted(folder.glob("*/*.yaml")):
            language = path.parent.name
            file = self._open_translation(path, "translation", slugs)
            texts = result.setdefault(language, {})
            for key, raw in (file.data if file else {}).items():
                texts[key] = Texts(
                    raw.get("title", ""),
                    raw.get("question", ""),
                    raw.get("finding", ""),
                    raw.get("unit", ""),
                    raw.get("choices", {}),
                )
        return result

    def _guides(self, slugs: set[str]) -> dict[str, dict[str, Guidance]]:
        result: dict[str, dict[str, Guidance]] = {}
        folder = self.root / "cat" / "translations"
        for path in sorted(folder.glob("*/guidance/*.yaml")):
            file = self._open_translation(path, "guidance", slugs)
            guides = result.setdefault(path.parent.parent.name, {})
            for key, raw in (file.data if file else {}).items():
                guides[key] = guidance_of(raw)
        return result

    def _open_translation(self, path: Path, schema: str, slugs: set[str]) -> File | None:
        file = self._open(path, schema)
        if path.stem not in slugs:
            name = path.relative_to(self.root).as_posix()
            remedy = "Name the file after a cluster slug of structure.yaml"
            self.problems.append(Problem(name, None, "-", "no such cluster", remedy))
        return file

    # overlays

    def _overlays(
        self,
        clusters: tuple[Cluster, ...],
        questions: Mapping[str, Question],
        law: Mapping[str, CountryLaw],
    ) -> dict[str, Overlay]:
        points = {point.code for cluster in clusters for point in cluster.points}
        overlays: dict[str, Overlay] = {}
        for path in sorted((self.root / "cat" / "countries").glob("*.yaml")):
            file = self._open(path, "country")
            if file is None:
                continue
            raw = file.data
            if raw["country"] != path.stem:
                file.error(("country",), "differs from the file name", f"Write {path.stem}")
            if raw["country"] not in law:
                remedy = f"Add law/{raw['country']}.yaml"
                file.error(("country",), "no national law for this country", remedy)
            if date_of(raw["effective_from"]) is None:
                file.error(("effective_from",), "not a date", "Write it as YYYY-MM-DD")
            for key in ("left_out", "structural"):
                for index, group in enumerate(raw.get(key, ())):
                    for number, item in enumerate(group["ids"]):
                        if item not in questions and item not in points:
                            place = (key, index, "ids", number)
                            remedy = "Correct the id of the question or compliance point"
                            file.error(place, "no such question or point", remedy, item)
            for item, languages in raw.get("reworded", {}).items():
                if item not in questions:
                    file.error(("reworded", item), "no such question", "Correct the id")
                    continue
                if DEFAULT_LANGUAGE not in languages:
                    continue
                for language in raw["languages"]:
                    changed = set(languages[DEFAULT_LANGUAGE])
                    if changed - set(languages.get(language, ())):
                        message = f"reworded in English, not in {language}"
                        remedy = "Reword the same fields; until then English is shown"
                        file.gap(("reworded", item), message, remedy, item)
            for tag, change in raw.get("tags", {}).items():
                for verb in ("add", "remove"):
                    for number, item in enumerate(change.get(verb, ())):
                        if item not in questions:
                            place = ("tags", tag, verb, number)
                            file.error(place, f"no question {item}", "Correct the id")
            overlays[raw["country"]] = overlay_of(raw)
        return overlays

    # what is held against the questions

    def _framework(self, clusters: tuple[Cluster, ...]) -> Framework:
        path = self.root / "cat" / "slcp.yaml"
        file = self._open(path, "slcp") if path.exists() else None
        if file is None:
            return Framework()
        points = {point.code for cluster in clusters for point in cluster.points}
        for point, sections in file.data["points"].items():
            if point not in points:
                file.error(("points", point), "no such compliance point", "Correct the code")
            for section in sections:
                if section not in file.data["sections"]:
                    remedy = "Name it under sections first"
                    file.error(("points", point), f"no section {section}", remedy)
        return framework_of(file.data)

    def _public(
        self,
        clusters: tuple[Cluster, ...],
        law: Mapping[str, CountryLaw],
        questions: Set[str],
    ) -> PublicIssues:
        path = self.root / "cat" / "public.yaml"
        file = self._open(path, "public") if path.exists() else None
        if file is None:
            return PublicIssues()
        known = {point.code for cluster in clusters for point in cluster.points}
        for place, points in (
            (("points",), file.data["points"]),
            *((("added", country), own) for country, own in file.data["added"].items()),
        ):
            for point in points:
                if point not in known:
                    file.error(place, f"no compliance point {point}", "Correct the code")
        named = [*file.data["added"], *file.data["issues"], *file.data["one_issue"]]
        for country in {*named, *file.data["publishes"]} - set(law):
            file.error((), f"no law of country {country}", "Correct the country code", country)
        for part in ("issues", "one_issue"):
            for country, issues in file.data[part].items():
                for question in sorted({each for issue in issues for each in issue} - questions):
                    remedy = "Correct the id"
                    file.error((part, country), f"no question {question}", remedy)
        return public_of(file.data)

    def _marks(self, questions: Mapping[str, Question]) -> ReviewMarks:
        marks = {}
        for path in sorted((self.root / "cat" / "states").glob("*.yaml")):
            file = self._open(path, "states")
            if file is None:
                continue
            for key in file.data.keys() - questions.keys():
                file.error((key,), "no such question", "Correct the id or delete the entry")
            marks[path.stem] = marks_of(file.data)
        return marks

    def _report_lapsed(
        self,
        questions: Mapping[str, Question],
        stated: Mapping[str, Question],
        overlays: Mapping[str, Overlay],
        marks: ReviewMarks,
    ) -> None:
        reworded = {key for overlay in overlays.values() for key in overlay.reworded}
        for key in questions.keys() - reworded:  # a reworded one has several wordings
            for language, field in lapsed(stated[key], marks):
                file = self.files[f"cat/states/{language}.yaml"]
                message = f"{field} has changed since it was reviewed"
                file.gap((key, field), message, "Have it reviewed again; it is a draft", key)

    # glossary

    def _glossary(self) -> dict[str, dict[str, Term]]:
        glossary: dict[str, dict[str, Term]] = {}
        opened: dict[str, File] = {}
        for path in sorted((self.root / "glossary").glob("*.yaml")):
            file = self._open(path, "glossary")
            if file is None:
                continue
            opened[path.stem] = file
            glossary[path.stem] = {
                key: Term(key, raw["term"], raw.get("definition", ""), raw.get("note", ""))
                for key, raw in file.data.items()
            }
        english = glossary.get(DEFAULT_LANGUAGE, {})
        for language, terms in glossary.items():
            for key in terms.keys() - english.keys():
                opened[language].error((key,), "not in the English glossary", "Add it there first")
            for key in english.keys() - terms.keys():
                message, remedy = f"no term for {key}", "Agree a translation and add it"
                opened[language].gap((), message, remedy, key)
        return glossary
