"""What is measured, each through the real address or service, as the role that does it.

A process answers one line of JSON per request: `{"measure": ..., "rounds": n}` gives
`{"seconds": [...], "statements": n, "parameters": n, "extra": {...}}`; a measure whose page is not
there gives `{"missing": why}`. The conductor asks two worlds in turn, a few rounds each, so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import IO, Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from assessments import summaries
from assessments.models import Assessment, AssessmentMember
from assessments.tool import version_in_force
from betterwork.accounts.models import Role, User
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from factories.models import EngagementCycle, Factory
from factories.selectors.cycles import working_day_test
from factories.services.cycles import record_fact
from reporting.bench.world import PROGRAMME
from reporting.demo import bulk

WARM_UP = 4
FINDINGS = 0.55  # of all questions: a report of about thirty pages
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Step = Callable[[], Any]


class Missing(Exception):
    """The page or service of a measure is not there."""


class Failed(Exception):
    """It is there and did not do its work."""


class Hall:
    """The people and rows the measures act with, made when first needed."""

    def __init__(self) -> None:
        with scope.anonymous_scope():
            self.programme = Programme.objects.get(code=PROGRAMME)
        self._clients: dict[str, Client] = {}
        self._open: Assessment | None = None

    def user(self, role: str, place: int = 0) -> User:
        return User.objects.get(email=f"{role}{place}@bench.example")

    def client(self, role: str) -> Client:
        """A browser in which that person is signed in."""
        if role not in self._clients:
            client = Client(SERVER_NAME="127.0.0.1")
            client.force_login(self.user(role), backend=BACKEND)
            self._clients[role] = client
        return self._clients[role]

    def new_factories(self, count: int) -> list[uuid.UUID]:
        """Active factories in their first cycle, not assessed in it."""
        today = timezone.localdate()
        made = []
        with scope.programme_scope(self.programme.pk):
            for _number in range(count):
                mark = uuid.uuid4().hex[:8].upper()
                factory = Factory.objects.create(
                    code=f"N-{mark}",
                    name=f"New Works {mark}",
                    region="Gazipur",
                    city="Gazipur",
                    workers_female=700,
                    workers_male=300,
                    status_since=today,
                    registered_on=today,
                )
                EngagementCycle.objects.create(
                    factory=factory, number=1, starts_on=today - timedelta(days=110)
                )
                made.append(factory.pk)
        return made

    def visit_days(self) -> tuple[date, date]:
        """The next two working days in a row."""
        with scope.programme_scope(self.programme.pk):
            is_working_day = working_day_test(self.programme)
        day = timezone.localdate() + timedelta(days=7)
        while not (is_working_day(day) and is_working_day(day + timedelta(days=1))):
            day += timedelta(days=1)
        return day, day + timedelta(days=1)

    def open_assessment(self) -> Assessment:
        """One in progress, its team two advisors, every question answered."""
        if self._open is None:
            (factory,) = self.new_factories(1)
            today = timezone.localdate()
            with scope.programme_scope(self.programme.pk):
                version = version_in_force(today)
                cycle = EngagementCycle.objects.get(factory_id=factory)
                self._open = Assessment.objects.create(
                    code=f"B-{uuid.uuid4().hex[:8]}",
                    factory_id=factory,
                    cycle=cycle,
                    cycle_number=1,
                    version=version,
                    starts_on=today,
                    ends_on=today,
                    status="in_progress",
                    sealed=False,
                    checked_in_at=timezone.now(),
                    questions_total=version.questions.count(),
                )
                for place, position in enumerate(("lead", "assessor")):
                    AssessmentMember.objects.create(
                        assessment=self._open,
                        user=self.user(Role.ADVISOR, place),
                        position=position,
                        sealed=False,
                    )
                bulk.write_answers([self._open.pk])
        return self._open

    def assessment_with_findings(self, share: float) -> uuid.UUID:
        """Released, the second of its factory, with findings on about that share of questions."""
        (factory_id,) = self.new_factories(1)
        now, today = timezone.now(), timezone.localdate()
        made: list[Assessment] = []
        with scope.programme_scope(self.programme.pk):
            version = version_in_force(today)
            EngagementCycle.objects.filter(factory_id=factory_id).update(ends_on=today)
            for number, days in ((1, 400), (2, 40)):
                cycle, _is_new = EngagementCycle.objects.get_or_create(
                    factory_id=factory_id, number=number, defaults={"starts_on": today}
                )
                day = today - timedelta(days=days)
                assessment = Assessment.objects.create(
                    code=f"R-{uuid.uuid4().hex[:8]}",
                    factory_id=factory_id,
                    cycle=cycle,
                    cycle_number=number,
                    version=version,
                    starts_on=day,
                    ends_on=day,
                    status="released",
                    sealed=False,
                    checked_in_at=now,
                    submitted_at=now,
                    released_at=now,
                    workers_female=700,
                    workers_male=300,
                    questions_total=version.questions.count(),
                )
                made.append(assessment)
            bulk.write_answers([made[0].pk])
            # The generator takes the chance of a point of some six questions, before it improves.
            chance = (1 - (1 - share) ** 6) / bulk.IMPROVES
            bulk.write_answers([made[1].pk], rates=dict.fromkeys(bulk.POINT_RATES, chance))
        return made[1].pk


def address(name: str, *args: Any) -> str:
    """Raises: Missing."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch as error:
        raise Missing(f"no address {name}") from error


# -- pages ----------------------------------------------------------------------------------------


def page(name: str, role: str = Role.MANAGER) -> Callable[[Hall], Step]:
    """GET one page as a person of that role."""

    def prepare(hall: Hall) -> Step:
        url = address(name)
        client = hall.client(role)

        def step() -> dict[str, Any]:
            response = client.get(url)
            if response.status_code != 200:
                raise Failed(f"{url} answered {response.status_code}")
            return {"kilobytes": round(len(response.content) / 1000, 1)}

        return step

    return prepare


# Each language and country that is not there yet gets its own copy of every text: more than there
# will ever be, since countries that say the same share a text.
LANGUAGES = ("en", "bn", "ar", "vi", "id", "km", "fr", "es")
COUNTRIES = ("BD", "KH", "EG", "ET", "HT", "ID", "JO", "MG", "NI", "PK", "LK", "UZ", "VN")
_MORE_TEXTS = """
INSERT INTO assessments_tooltext
    (digest, form, lineage, language, title, text, finding, guidance, words, heads)
SELECT md5(form || chr(31) || lineage || chr(31) || %(language)s || chr(31) || title || chr(31)
           || text || ' ' || %(country)s || chr(31) || finding || chr(31) || guidance),
    form, lineage, %(language)s, title, text || ' ' || %(country)s, finding, guidance, words, heads
FROM assessments_tooltext
WHERE language = 'en' AND id IN (SELECT text_id FROM assessments_tooltextplace
                                 WHERE programme_id = %(programme)s)
ON CONFLICT (digest) DO NOTHING
"""
_MORE_PLACES = """
INSERT INTO assessments_tooltextplace (programme_id, version_id, text_id, country, since, until)
SELECT place.programme_id, place.version_id, made.id, right(made.text, 2), place.since, place.until
FROM assessments_tooltext made
JOIN (SELECT DISTINCT programme_id, version_id, since, until FROM assessments_tooltextplace
      WHERE programme_id = %(programme)s) place ON true
WHERE NOT EXISTS (SELECT 1 FROM assessments_tooltextplace held WHERE held.text_id = made.id)
"""


def cat_search(hall: Hall) -> Step:
    """A word in thousands of texts, over all countries and languages, through the page."""
    url = address("assessments:tool_search")
    client = hall.client(Role.MANAGER)
    with scope.programme_scope(hall.programme.pk), connection.cursor() as cursor:
        facts = {"programme": hall.programme.pk}
        for country in COUNTRIES:
            for language in LANGUAGES:
                cursor.execute(_MORE_TEXTS, {"country": country, "language": language, **facts})
        cursor.execute(_MORE_PLACES, facts)
        cursor.execute("SELECT count(*) FROM assessments_tooltext")
        texts = cursor.fetchone()[0]
    words = ("workers", "emergency exits", "overtime", "শ্রমিক", "ساعات العمل", "OSH-EP")
    count = 0

    def step() -> dict[str, Any]:
        nonlocal count
        count += 1
        response = client.get(url, {"q": words[count % len(words)], "where": "all"})
        if response.status_code != 200 or b"toollist" not in response.content:
            raise Failed(f"{words[count % len(words)]}: {response.status_code}, or nothing found")
        return {"texts": texts}

    return step


def dashboard_counted(hall: Hall) -> Step:
    """The dashboard when its figures have to be counted: nothing of it is kept from before."""
    step = page("reporting:dashboard")(hall)
    client = hall.client(Role.MANAGER)

    def forget() -> None:
        cache.clear()
        client.session.get("acting_membership")  # reads the session back into the cache

    step.before = forget  # type: ignore[attr-defined]
    return step


def dashboard_after_a_change(hall: Hall) -> Step:
    """The dashboard just after something happened in one factory's cycle: what people meet."""
    step = page("reporting:dashboard")(hall)
    with scope.programme_scope(hall.programme.pk):
        (factory_id,) = hall.new_factories(1)
        cycle_id = EngagementCycle.objects.values_list("pk", flat=True).get(factory_id=factory_id)
    count = 0

    def change() -> None:
        nonlocal count
        count += 1
        with scope.programme_scope(hall.programme.pk):
            record_fact(
                cycle_id=cycle_id,
                kind="seminar",
                happened_on=timezone.localdate(),
                source_id=f"bench {count}",
            )

    step.before = change  # type: ignore[attr-defined]
    return step


def create_assessment(hall: Hall) -> Step:
    """A planner sends the form: the assessment stands with its days, team and questions."""
    url = address("assessments:new")
    client = hall.client(Role.PLANNER)
    first, last = hall.visit_days()
    lead, second = hall.user(Role.ADVISOR, 2).pk, hall.user(Role.ADVISOR, 3).pk
    waiting = hall.new_factories(12)

    def step() -> dict[str, Any]:
        response = client.post(
            url,
            {
                "factory": str(waiting.pop()),
                "starts_on": first.isoformat(),
                "ends_on": last.isoformat(),
                "modality": "on_site",
                "modality_reason": "",
                "lead": lead,
                "second": second,
            },
        )
        if response.status_code != 302:
            raise Failed(f"{url} answered {response.status_code}")
        return {}

    def refill() -> None:
        if len(waiting) < 2:
            waiting.extend(hall.new_factories(12))

    step.before = refill  # type: ignore[attr-defined]
    return step


def open_questionnaire(hall: Hall) -> Step:
    """An advisor opens all questions with what was answered: everything in one response."""
    assessment = hall.open_assessment()
    url = address("assessments:questions", assessment.pk)
    client = hall.client(Role.ADVISOR)
    with scope.programme_scope(hall.programme.pk):
        lineages = set(assessment.version.questions.values_list("lineage", flat=True))

    def step() -> dict[str, Any]:
        response = client.get(url)
        if response.status_code != 200:
            raise Failed(f"{url} answered {response.status_code}")
        return {"body": response.content, "kilobytes": round(len(response.content) / 1000, 1)}

    def check(extra: dict[str, Any]) -> None:
        text = extra.pop("body").decode()
        gone = [lineage for lineage in lineages if f"/{lineage}/" not in text]
        if gone:
            raise Failed(f"{len(gone)} of {len(lineages)} questions are not on the page")
        extra["questions"] = len(lineages)

    step.after = check  # type: ignore[attr-defined]
    return step


def save_answer(hall: Hall) -> Step:
    """The page's own request after a change: JSON to the address of one question."""
    assessment = hall.open_assessment()
    client = hall.client(Role.ADVISOR)
    with scope.programme_scope(hall.programme.pk):
        revisions: dict[str, int] = dict(
            assessment.answers.filter(outcome="compliant").values_list(
                "question__lineage", "revision"
            )
        )
    lineages = sorted(revisions)
    count = 0

    def step() -> dict[str, Any]:
        nonlocal count
        count += 1
        lineage = lineages[count % len(lineages)]
        response = client.post(
            address("assessments:answer", assessment.pk, lineage),
            json.dumps(
                {
                    "outcome": "non_compliant",
                    "reason": "",
                    "note": "",
                    "finding": f"Seen on floor {count}, at lines 4 to 6, on the first day.",
                    "sources": ["documents", "workers"],
                    "value": "",
                    "base_revision": revisions[lineage],
                    "client_id": str(uuid.uuid4()),
                    "made_at": timezone.now().isoformat(),
                }
            ),
            content_type="application/json",
            headers={"accept": "application/json"},
        )
        body = response.json()
        if response.status_code != 200 or body["revision"] != revisions[lineage] + 1:
            raise Failed(f"saving answered {response.status_code} {body}")
        revisions[lineage] = body["revision"]
        return {}

    return step


def bare_update(hall: Hall) -> Step:
    """The least a save can cost: one UPDATE of an answer, as the application, and its commit."""
    assessment = hall.open_assessment()
    with scope.programme_scope(hall.programme.pk):
        ids = list(assessment.answers.values_list("pk", flat=True))
    other = connection.copy()
    other.ensure_connection()
    other.set_autocommit(False)
    cursor = other.connection.cursor()
    cursor.execute(
        "SELECT set_config('bw.role', 'system', false), set_config('bw.programme', %s, false)",
        [str(hall.programme.pk)],
    )
    other.connection.commit()
    count = 0

    def step() -> dict[str, Any]:
        nonlocal count
        count += 1
        cursor.execute(
            "UPDATE assessments_answer SET finding = %s, answered_at = now() WHERE id = %s",
            [f"Seen on floor {count}.", ids[count % len(ids)]],
        )
        other.connection.commit()
        if cursor.rowcount != 1:
            raise Failed("the answer was not found")
        return {}

    return step


# -- summaries --------------------------------------------------------------------------------


def rewrite_summary(hall: Hall) -> Step:
    """What a submit adds: the rows of one assessment written anew, in its own transaction."""
    with scope.programme_scope(hall.programme.pk):
        pk = Assessment.objects.filter(status="released").values_list("pk", flat=True)[0]

    def step() -> dict[str, Any]:
        # The transaction of the submit is there anyway, so only the work in it counts.
        with scope.programme_scope(hall.programme.pk):
            started = time.perf_counter()
            summaries.rewrite_results(pk)
            return {"seconds": time.perf_counter() - started}

    return step


# Shares of assessed factories with a finding, by compliance point and year: what a dashboard shows.
_FROM_SUMMARIES = """
SELECT point_id, year, count(*) FILTER (WHERE asked > 0) AS n,
       count(*) FILTER (WHERE is_non_compliant) AS found
FROM assessments_pointresult WHERE asked > 0 GROUP BY 1, 2 ORDER BY 1, 2
"""
_FROM_ANSWERS = """
SELECT point_id, year, count(*) AS n, count(*) FILTER (WHERE breached) AS found FROM (
    SELECT w.point_id, EXTRACT(YEAR FROM a.starts_on)::int AS year, w.assessment_id,
           bool_or(w.outcome = 'non_compliant') AS breached
    FROM assessments_answer w
    JOIN assessments_assessment a ON a.id = w.assessment_id
    JOIN assessments_toolquestion q ON q.id = w.question_id AND q.kind = 'ncq'
    WHERE a.submitted_at IS NOT NULL AND w.outcome IN ('compliant', 'non_compliant')
    GROUP BY 1, 2, 3) seen
GROUP BY 1, 2 ORDER BY 1, 2
"""


def rates_from(statement: str) -> Callable[[Hall], Step]:
    """Rates by point and year with one statement, as a manager sees the rows."""

    def prepare(hall: Hall) -> Step:
        def step() -> dict[str, Any]:
            with (
                scope.programme_scope(hall.programme.pk, role=Role.MANAGER),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
                return {"rows": [list(row) for row in cursor.fetchall()]}

        return step

    return prepare


_COLUMNS = (
    "programme_id, assessment_id, factory_id, point_id, assessed_on, year, cycle_number, region,"
    " factory_type, is_released, asked, breaches, structural, is_non_compliant"
)
_KEPT = {"assessments_pointresult": _COLUMNS, "assessments_assessmentresult": "*"}
_KEEP = [
    f"CREATE TEMP TABLE before_{table} ON COMMIT DROP AS SELECT {columns} FROM {table}"  # noqa: S608
    for table, columns in _KEPT.items()
]
_COMPARE = [
    f"""SELECT count(*) FROM (
    (SELECT * FROM before_{table} EXCEPT ALL SELECT {columns} FROM {table})
    UNION ALL
    (SELECT {columns} FROM {table} EXCEPT ALL SELECT * FROM before_{table})) differing"""  # noqa: S608
    for table, columns in _KEPT.items()
]


def rebuild_summaries(hall: Hall) -> Step:
    """Rows that differ after all are made anew from the answers: none may."""

    def step() -> dict[str, Any]:
        with scope.programme_scope(hall.programme.pk), connection.cursor() as cursor:
            for statement in _KEEP:
                cursor.execute(statement)
            written = summaries.rebuild_results()
            differing = 0
            for statement in _COMPARE:
                cursor.execute(statement)
                differing += cursor.fetchone()[0]
            return {"differing": differing, "written": written}

    return step


# -- what a process without these preparations needs ---------------------------------------------


def session(hall: Hall) -> Step:
    client = hall.client(Role.MANAGER)
    return lambda: {"cookie": client.cookies[settings.SESSION_COOKIE_NAME].value}


def report_assessment(hall: Hall) -> Step:
    """An assessment to report on, made here: what writes the report shall do nothing else."""
    made = hall.assessment_with_findings(FINDINGS)
    return lambda: {"programme": str(hall.programme.pk), "assessment": str(made)}


MEASURES: dict[str, Callable[[Hall], Step]] = {
    "create_assessment": create_assessment,
    "open_questionnaire": open_questionnaire,
    "save_answer": save_answer,
    "bare_update": bare_update,
    "list_factories": page("factories:list"),
    "list_assessments": page("assessments:list"),
    "list_plans": page("advisory:plans"),
    "list_reports": page("reporting:reports"),
    "cat_open_tool": page("assessments:tool"),
    "cat_search": cat_search,
    "dashboard": dashboard_counted,
    "dashboard_after_a_change": dashboard_after_a_change,
    "dashboard_again": page("reporting:dashboard"),
    "rewrite_summary": rewrite_summary,
    "rates_from_summaries": rates_from(_FROM_SUMMARIES),
    "rates_from_answers": rates_from(_FROM_ANSWERS),
    "rebuild_summaries": rebuild_summaries,
    "session": session,
    "report_assessment": report_assessment,
}
PAGES = ("list_factories", "list_assessments", "list_plans", "list_reports", "dashboard")


# -- counting ---------------------------------------------------------------------------------


class Counter:
    """Statements sent, most parameters in one of them, and tables read from end to end.

    BEGIN and COMMIT are not counted; savepoints are.
    """

    def __init__(self, *, with_plans: bool) -> None:
        self._with_plans = with_plans
        self.reset()

    def reset(self) -> None:
        """Forget what was counted: it belonged to the preparation of a round."""
        self.statements = 0
        self.parameters = 0
        self.scanned: dict[str, int] = {}
        self.said: list[str] = []

    def __call__(self, execute: Any, text: Any, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        self.said.append(str(text))
        self.parameters = max(self.parameters, len(params or ()))
        if self._with_plans and re.match(r"\s*(SELECT|WITH)\b", str(text)):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + text, params)
                for plan in cursor.fetchone()[0]:
                    for table in _scanned(plan["Plan"]):
                        self.scanned[table] = self.scanned.get(table, 0) + 1
        return execute(text, params, many, context)


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


@contextmanager
def _counting(*, with_plans: bool = False) -> Iterator[Counter]:
    counter = Counter(with_plans=with_plans)
    with connection.execute_wrapper(counter):
        yield counter


class Bench:
    """Answers requests; keeps what each measure has prepared."""

    def __init__(self) -> None:
        self.hall = Hall()
        self.ready: dict[str, tuple[Step, dict[str, Any]]] = {}

    def answer(self, name: str, rounds: int) -> dict[str, Any]:
        if name not in self.ready:
            self.ready[name] = self._prepare(name)
        step, known = self.ready[name]
        seconds = []
        extra: dict[str, Any] = {}
        for _round in range(rounds):
            taken, extra = self._once(step)
            seconds.append(taken)
        return {"seconds": seconds, "extra": extra, **known}

    def _prepare(self, name: str) -> tuple[Step, dict[str, Any]]:
        step = MEASURES[name](self.hall)
        is_long = name in ("rebuild_summaries", "session", "report_assessment")
        for _round in range(0 if is_long else WARM_UP):
            self._once(step)
        if is_long:
            return step, {}
        with _counting() as counter:
            self._once(step, counter)
        known = {
            "statements": counter.statements,
            "parameters": counter.parameters,
            "said": counter.said,
        }
        if name in PAGES:
            with _counting(with_plans=True) as plans:
                self._once(step, plans)
            known["scanned"] = plans.scanned
        return step, known

    def _once(self, step: Step, counter: Counter | None = None) -> tuple[float, dict[str, Any]]:
        before, after = getattr(step, "before", None), getattr(step, "after", None)
        if before:
            before()
        if counter:
            counter.reset()
        started, processor = time.perf_counter(), time.process_time()
        extra = step()
        taken, processor = time.perf_counter() - started, time.process_time() - processor
        if after:
            after(extra)
        # Of this process alone: what the work costs however busy the machine is.
        extra["processor_ms"] = round(1000 * processor, 1)
        return float(extra.pop("seconds", taken)), extra


def serve(source: IO[str], target: IO[str]) -> int:
    bench = Bench()
    for line in source:
        asked = json.loads(line)
        try:
            told: dict[str, Any] = bench.answer(asked["measure"], asked["rounds"])
        except Missing as error:
            told = {"missing": str(error)}
        except Exception as error:
            told = {"failed": f"{type(error).__name__}: {error}"[:500]}
        target.write(json.dumps(told) + "\n")
        target.flush()
    return 0
