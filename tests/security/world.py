"""A small world with one of everything, and the routes of the product as they stand.

New pages are found by themselves. Their ids come from the tables below: the part of the address
before a parameter says what it is an id of (`factories/<uuid:pk>/`), every other parameter is
known by its name. A route that cannot be filled in fails a test that names it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from betterwork.accounts import services as people
from betterwork.accounts.models import FACTORY_SIDE, Membership, Role, User
from betterwork.permissions import TABLE, Permission
from betterwork.records import files
from betterwork.records.models import Job, OutgoingMail, StoredFile
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme
from tests import builders

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ROLES = tuple(Role.values)
SAFE = ("get", "head")

# What the part of an address before `<uuid:pk>` is an id of.
SEGMENTS = {
    "factories": "factory",
    "cycles": "cycle",
    "groups": "group",
    "buyers": "buyer",
    "import": "batch",
    "committees": "committee",
    "assessments": "assessment",
    "items": "item",
    "visits": "visit",
    "meetings": "meeting",
    "decisions": "decision",
    "self-diagnosis": "factory",
    "progress": "progress_report",
    "progress-reports": "progress_report",
    "reports": "report",
    "exports": "export",
    "tool-papers": "job",
    "files": "file",
    "jobs": "job",
    "people": "membership",
    "invitations": "invitation",
    "versions": "tool_draft",
    "edits": "tool_edit",
    "comments": "tool_comment",
    "proposals": "law_proposal",
    "runs": "plan_run",
    "envelopes": "assessment",
    "absences": "absence",
    "closures": "closure",
    "country": "country_day",
    "conflicts": "declaration",
}
# Parameters that say by their name what they are.
NAMES = {
    "member": "member",
    "contact": "contact",
    "link": "buyer_link",
    "number": "number",
    "lineage": "lineage",
    "format": "file_format",
    "conflict": "missing",
    "remark": "remark",
    "comment": "comment",
    "factory": "factory",
    "token": "token",
    "group": "settings_group",
    "section": "section",
    "clock": "clock",
    "code": "check_code",
    "item": "item",
    "decision": "decision",
    "evidence": "missing",
    "assessment": "assessment",
    "cluster": "cluster",
    "point": "point",
    "kind": "export_kind",
    "name": "word",
    "key": "word",
    "uidb36": "word",
    "language": "language",
    "step": "word",
    "topic": "word",
    "version": "number",
    "parameter": "law_code",
    "period": "law_period",
    "person": "person",
    "feed_token": "feed_token",
}
# Pages about one stage of an assessment are asked about an assessment in that stage.
STAGES = {
    "draft": "draft", "comment": "draft", "finish": "draft", "answer_comment": "draft",
    "sign": "begun", "interviews": "begun", "questions": "begun", "question": "begun",
    "answer": "begun", "evidence": "begun", "settle": "begun", "today": "begun",
}  # fmt: skip
# Views of others, which carry no `permissions`: allauth asks for a session itself.
FOREIGN = re.compile(r"^(account_|mfa_|usersessions_)")
# Asked by a load balancer: no session, no scope, no data.
UNGUARDED = {"health_live", "health_ready"}


@dataclass(frozen=True)
class Route:
    """One address pattern: its full name, its text and what it asks for."""

    name: str
    text: str
    view: Any = field(compare=False)
    parameters: tuple[str, ...] = ()

    @property
    def permissions(self) -> tuple[Permission, ...] | None:
        found = getattr(self.view, "permissions", None)
        return found or getattr(getattr(self.view, "view_class", None), "permissions", None)

    @property
    def is_foreign(self) -> bool:
        return bool(FOREIGN.match(self.name)) or self.name in UNGUARDED

    def allows(self, role: str) -> bool:
        open_to_all = {Permission.PUBLIC, Permission.SIGNED_IN}
        return any(p in open_to_all or p in TABLE[role] for p in self.permissions or ())

    @property
    def is_public(self) -> bool:
        return Permission.PUBLIC in (self.permissions or ())

    def keys(self) -> dict[str, str | None]:
        """Parameter -> what of the world it is an id of; None where the tables do not know."""
        found: dict[str, str | None] = {}
        text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", self.text)
        for match in re.finditer(r"<(?:\w+:)?(\w+)>", text):
            before = [part for part in re.split(r"[/^$]", text[: match.start()]) if part]
            segment = before[-1] if before and "<" not in before[-1] else ""
            name = match[1]
            key = SEGMENTS.get(segment) if name in {"pk", "id"} else NAMES.get(name)
            if key == "assessment":
                key = STAGES.get(self.name.rpartition(":")[2], key)
            found[name] = key
        return found


def routes() -> list[Route]:
    """Every named address of the product, in the order of the URLconf."""
    return list(_routes(get_resolver().url_patterns, "", ""))


def _routes(patterns: Any, text: str, space: str) -> Iterator[Route]:
    for each in patterns:
        here = text + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _routes(each.url_patterns, here, inner)
        elif isinstance(each, URLPattern):
            name = f"{space}{each.name}" if each.name else here
            yield Route(name, here, each.callback, tuple(each.pattern.converters))


@dataclass
class World:
    """Ids by what they are, and one person per role, all of one factory, group and buyer."""

    programme: Programme
    ids: dict[str, Any] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def address(self, route: Route, **other: Any) -> str | None:
        """The route filled in; None where the tables do not know a parameter."""
        values: dict[str, Any] = {}
        for name, key in route.keys().items():
            if key is None or key not in self.ids:
                return None
            values[name] = other.get(key, self.ids[key])
        return reverse(route.name, kwargs=values)

    def invented(self, route: Route) -> str | None:
        """The same address with ids of rows that do not exist."""
        keys = {key for key in route.keys().values() if key and key not in COMMON}
        return self.address(route, **{key: uuid.uuid4() for key in keys})

    def client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(
            self.users[role], backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        return client


# Ids that are not rows of a programme: another programme may well open their pages.
COMMON = {"number", "lineage", "section", "clock", "settings_group", "word", "language", "group",
          "cluster", "point", "export_kind", "token", "check_code", "law_code", "law_period",
          "feed_token", "file_format"}  # fmt: skip


def ask(client: Client, method: str, address: str, **data: Any) -> HttpResponse:
    """One request whose effects on the database are taken back."""
    with transaction.atomic():
        response = getattr(client, method)(address, data)
        # A file is read inside the transaction too, as its server would.
        response.body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    return response


def why(response: HttpResponse) -> str:
    """The exception behind an answer of 500."""
    info = getattr(response, "exc_info", None)
    return f" ({info[0].__name__}: {str(info[1])[:160]})" if info and info[0] else ""


def build(programme: Programme, *, prefix: str = "", full: bool = True) -> World:
    """One of everything in the programme whose system scope is open."""
    from factories.models import Buyer, FactoryBuyer, ManufacturingGroup

    world = World(programme)
    ids = world.ids
    mark = prefix or programme.code
    with scope.scope(scope.Facts("system", programme.pk)):
        group = ManufacturingGroup.objects.create(name=f"{mark} Holding")
        buyer = Buyer.objects.create(name=f"{mark} Stores")
        factory = builders.make_factory(f"{mark} Meghna Crest", group=group)
        link = FactoryBuyer.objects.create(
            factory=factory, buyer=buyer,
            consented_on=date(2026, 1, 1), subscribed_until=date(2100, 1, 1),
        )  # fmt: skip
    hats: dict[str, dict[str, Any]] = {role: {"factory": factory} for role in FACTORY_SIDE}
    hats |= {Role.GROUP_LEAD: {"group": group}, Role.BUYER: {"buyer": buyer}}
    for role in ROLES:
        hat = hats.get(role, {})
        user = builders.make_user(f"{mark} {role}")
        world.users[role] = builders.make_member(role, programme=programme.code, user=user, **hat)
    factory.advisor = world.users[Role.ADVISOR]
    factory.save()
    ids |= {"factory": factory.pk, "group": group.pk, "buyer": buyer.pk, "buyer_link": link.pk}
    ids |= {
        "number": 1, "section": "location", "clock": "report", "settings_group": "cycle",
        "file_format": "yaml",
        "word": "anything", "language": "en", "missing": uuid.uuid4(), "export_kind": "assessments",
        "membership": Membership.objects.get(user=world.users[Role.STAFF]).pk,
    }  # fmt: skip
    _around_the_factory(world, factory)
    if full:
        _assessments(world, factory)
        _tool(world)
        _advisory(world, factory)
        _records(world, factory)
        _planning(world, factory)
    return world


def _around_the_factory(world: World, factory: Any) -> None:
    from factories.models import (
        Committee,
        CommitteeMember,
        EngagementCycle,
        FactoryContact,
        ImportBatch,
        ImportRow,
        WorkforceCount,
    )  # fmt: skip

    first = builders.make_cycle(factory, starts_on=date(2024, 1, 1), ends_on=date(2024, 12, 31))
    second = builders.make_cycle(
        factory, number=2, starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31)
    )
    third: EngagementCycle = builders.make_cycle(factory, number=3, starts_on=date(2026, 1, 1))
    contact = FactoryContact.objects.create(factory=factory, name="Rokeya Begum")
    WorkforceCount.objects.create(
        factory=factory, counted_on=date(2026, 1, 1), female=600, male=400, source="registration"
    )
    committee = Committee.objects.create(
        factory=factory, name="Participation Committee", formed_on=date(2026, 2, 1)
    )
    member = CommitteeMember.objects.create(
        committee=committee, factory=factory, title="Ms", full_name="Huda Salem", side="worker",
        joined_on=date(2026, 2, 1),
    )  # fmt: skip
    batch = ImportBatch.objects.create(
        file_name="factories.csv", sha256="0" * 64, columns=["name"],
        uploaded_by=world.users[Role.MANAGER],
    )  # fmt: skip
    ImportRow.objects.create(batch=batch, number=1, cells={"name": "Korotoa"}, outcome="new")
    world.ids |= {
        "contact": contact.pk, "committee": committee.pk, "member": member.pk, "batch": batch.pk,
        "cycles": (first.pk, second.pk, third.pk), "cycle": third.pk,
    }  # fmt: skip


def _assessments(world: World, factory: Any) -> None:
    from assessments.models import (
        Answer,
        Assessment,
        AssessmentMember,
        CompliancePoint,
        FactoryComment,
        PointResult,
        ReviewRemark,
        ToolQuestion,
        ToolVersion,
    )  # fmt: skip

    version = ToolVersion.objects.filter(status="published").order_by("-effective_from")[0]
    question = ToolQuestion.objects.filter(version=version, kind="ncq").order_by("order")[0]
    point = CompliancePoint.objects.get(pk=question.point_id)
    first, second, _ = world.ids["cycles"]
    advisor = world.users[Role.ADVISOR]

    def made(code: str, cycle_id: Any, number: int, home: Any, **values: Any) -> Any:
        day = date(2023 + number, 5, 4)
        row = Assessment.objects.create(
            code=f"{world.programme.code}-{code}", factory=home, cycle_id=cycle_id,
            cycle_number=number, version=version, starts_on=day, ends_on=day, sealed=False,
            checked_in_at=datetime(day.year, 5, 4, 3, tzinfo=UTC), questions_total=1,
            workers_female=600, workers_male=400, **values,
        )  # fmt: skip
        AssessmentMember.objects.create(
            assessment=row, user=advisor, position="lead", sealed=False, signed_at=NOW
        )
        answer = Answer.objects.create(
            programme=world.programme, assessment=row, question=question, point=point,
            outcome="non_compliant", finding="Exit 3 was locked.", sources=["observation"],
            answered_by=advisor, answered_at=NOW,
        )  # fmt: skip
        return row, answer

    released, answer = made("RELEASED", first, 1, factory, status="released", released_at=NOW)
    draft, _ = made(
        "DRAFT", second, 2, factory, status="factory_review", draft_sent_at=NOW,
        comments_close_on=date(2100, 1, 1),
    )  # fmt: skip
    elsewhere = builders.make_factory(f"{world.programme.code} Karnaphuli Knit")
    begun, _ = made("BEGUN", builders.make_cycle(elsewhere).pk, 1, elsewhere, status="in_progress")
    PointResult.objects.create(
        programme=world.programme, assessment=released, factory=factory, point=point,
        assessed_on=released.starts_on, year=released.starts_on.year, cycle_number=1,
        region="Gazipur", factory_type="garment", is_released=True, asked=1, breaches=1,
        is_non_compliant=True,
    )  # fmt: skip
    remark = ReviewRemark.objects.create(assessment=released, text="Which exit?", made_by=advisor)
    comment = FactoryComment.objects.create(
        assessment=draft, factory=factory, text="It is open now.",
        made_by=world.users[Role.AMBASSADOR],
    )  # fmt: skip
    world.ids |= {
        "assessment": released.pk, "draft": draft.pk, "begun": begun.pk, "answer": answer,
        "lineage": question.lineage, "remark": remark.pk, "comment": comment.pk,
        "point": point.pk, "cluster": point.cluster_id, "question": question, "version": version,
    }  # fmt: skip


def _tool(world: World) -> None:
    """A draft with a comment and words kept aside, and a proposal of law, of one editor."""
    from assessments.models import LawParameter, LawProposal, ToolComment, ToolEdit, ToolVersion
    from assessments.services import begin_draft

    editor = world.users[Role.CAT_EDITOR]
    draft: ToolVersion = begin_draft(based_on_id=world.ids["version"].pk, by=editor.pk, now=NOW)
    comment = ToolComment.objects.create(
        version=draft, text="Which exit?", made_by=editor, made_at=NOW
    )
    edit = ToolEdit.objects.create(
        version=draft, lineage=world.ids["lineage"], base_revision=1, content={"title.en": "Exit"},
        made_by=editor, made_at=NOW,
    )  # fmt: skip
    known = LawParameter.objects.filter(country=world.programme.country, kind="number")[0]
    proposal = LawProposal.objects.create(
        code=known.code, topic=known.topic, kind=known.kind, value=1, confidence="low",
        effective_from=date(2027, 1, 1), reason="A new act.", proposed_by=editor, proposed_at=NOW,
    )  # fmt: skip
    world.ids |= {
        "tool_draft": draft.pk, "tool_comment": comment.pk, "tool_edit": edit.pk,
        "law_proposal": proposal.pk, "law_code": known.code,
        "law_period": known.pk,
    }  # fmt: skip


def _advisory(world: World, factory: Any) -> None:
    from advisory.models import (
        AdvisoryVisit,
        CommitteeMeeting,
        ImprovementPlan,
        MeetingDecision,
        PlanItem,
        ProgressReport,
        SelfDiagnosis,
    )  # fmt: skip

    _, _, cycle = world.ids["cycles"]
    plan = ImprovementPlan.objects.create(factory=factory, opened_on=date(2026, 2, 1))
    item = PlanItem.objects.create(
        plan=plan, factory=factory, number=1, origin="assessment", point_id=world.ids["point"],
        issue="Exit 3 was locked.", assessment_id=world.ids["assessment"],
        answer=world.ids["answer"], opened_on=date(2026, 2, 1), due_on=date(2026, 12, 1),
    )  # fmt: skip
    visit = AdvisoryVisit.objects.create(
        factory=factory, cycle_id=cycle, visited_on=date(2026, 2, 1), topics="Exits",
        advisor=world.users[Role.ADVISOR],
    )  # fmt: skip
    meeting = CommitteeMeeting.objects.create(
        committee_id=world.ids["committee"], factory=factory, held_on=date(2026, 3, 1),
        worker_present=3, management_present=2, minutes="Exits were walked.",
    )  # fmt: skip
    decision = MeetingDecision.objects.create(meeting=meeting, factory=factory, text="Open exit 3.")
    report = ProgressReport.objects.create(factory=factory, cycle_id=cycle, number=1)
    diagnosis = SelfDiagnosis.objects.create(factory=factory, cycle_id=cycle)
    world.ids |= {
        "item": item.pk, "visit": visit.pk, "meeting": meeting.pk, "decision": decision.pk,
        "progress_report": report.pk, "diagnosis": diagnosis.pk,
    }  # fmt: skip


def _planning(world: World, factory: Any) -> None:
    """What planning keeps of the world's advisor and factory; plans of no visit at all."""
    from assessments.models import (
        Absence,
        AssessorProfile,
        ConflictOfInterest,
        CountryDay,
        FactoryClosure,
        PlanRun,
    )
    from assessments.services import feeds

    advisor = world.users[Role.ADVISOR]
    day = date(2026, 12, 14)
    factory.languages = ["bn"]
    factory.save()
    AssessorProfile.objects.create(
        user=advisor, languages=["bn"], may_lead=True, base_region="Gazipur"
    )
    absence = Absence.objects.create(user=advisor, first_day=day, last_day=day)
    tie = ConflictOfInterest.objects.create(
        user=advisor, factory=factory, reason="A cousin works there.", declared_on=TODAY
    )
    closure = FactoryClosure.objects.create(factory=factory, first_day=day, last_day=day)
    off = CountryDay.objects.create(day=date(2027, 6, 14), kind="off", name="Election")
    run = PlanRun.objects.create(
        key="night:2026-11-20", kind="horizon", state="applied", cause="night", today=TODAY,
        first_day=TODAY, last_day=TODAY,
    )  # fmt: skip
    with scope.programme_scope(world.programme.pk, role=Role.ADVISOR, user_id=advisor.pk):
        token = feeds.make_feed(user_id=advisor.pk, role=Role.ADVISOR, shows="busy", now=NOW)
    world.ids |= {
        "person": advisor.pk, "absence": absence.pk, "declaration": tie.pk,
        "closure": closure.pk, "country_day": off.pk, "plan_run": run.pk, "feed_token": token,
    }  # fmt: skip


def _records(world: World, factory: Any) -> None:
    from reporting.models import Export, Report
    from reporting.report.data import Order
    from reporting.report.data import build as build_data

    pdf: StoredFile = files.keep(
        b"%PDF-1.7 report", name="report.pdf", content_type="application/pdf", factory_id=factory.pk
    )
    code = f"{world.programme.code}CHECK{uuid.uuid4().hex[:8]}".upper()
    order = Order(
        report_id=uuid.uuid4(), assessment_id=world.ids["assessment"], language="en", version=1,
        is_draft=False, reason="", check_code=code, check_address="https://betterwork.example/",
        ordered_at=NOW,
    )  # fmt: skip
    report = Report.objects.create(
        id=order.report_id, data=build_data(order),
        assessment_id=world.ids["assessment"], factory=factory, version=1, language="en",
        status="ready", check_code=code, pdf=pdf, pdf_sha256=pdf.sha256, pages=1,
        html="<p>Report</p>", written_at=NOW, released_at=NOW,
    )  # fmt: skip
    manager = world.users[Role.MANAGER]
    job = Job.objects.create(task="nothing.at_all", key="nothing", requested_by=manager)
    export = Export.objects.create(kind="assessments", format="csv", requested_by=manager)
    invitation = people.invite_person(
        email=f"new-{world.programme.code}@example.org".lower(), full_name="New Person",
        language="en", role=Role.STAFF, invited_by=manager, now=timezone.now(),
    )  # fmt: skip
    mail = OutgoingMail.objects.get(to=invitation.email)
    token = re.search(r"/welcome/([^/\s]+)/", mail.text)
    assert token
    world.ids |= {
        "file": pdf.pk, "report": report.pk, "check_code": code, "job": job.pk,
        "export": export.pk, "invitation": invitation.pk, "token": token[1],
    }  # fmt: skip


def plan_sealed_visit(world: World, *, days: int = 20) -> Any:
    """An unannounced visit to the world's factory, planned by the planner through the service.

    The team are two advisors of their own, so that the world's advisor is not on it.
    """
    from assessments.services import planning

    team = [world.users[f"team{number}"] for number in (1, 2)]
    planner = world.users[Role.PLANNER]
    day = next_working_day(TODAY + timedelta(days=days))
    with scope.programme_scope(world.programme.pk, role=Role.PLANNER, user_id=planner.pk):
        return planning.create_assessment(
            factory_id=world.ids["factory"], starts_on=day, ends_on=day, modality="on_site",
            lead_id=team[0].pk, second_id=team[1].pk, created_by=planner.pk,
        )  # fmt: skip


def next_working_day(day: date) -> date:
    """A Monday on or after: a working day in every programme of the tests."""
    return day + timedelta(days=(7 - day.weekday()) % 7)


def add_team(world: World) -> None:
    """Two advisors for the sealed visit, who exist before it does, and one's day of leave."""
    from assessments.models import Absence, AssessorProfile

    for number in (1, 2):
        user = builders.make_user(f"Assessor {number}")
        world.users[f"team{number}"] = builders.make_member(
            Role.ADVISOR, programme=world.programme.code, user=user
        )
        AssessorProfile.objects.create(user=user, languages=["bn"], may_lead=True)
    day = next_working_day(TODAY + timedelta(days=20))
    Absence.objects.create(user=world.users["team1"], first_day=day, last_day=day)


def plan_around(world: World, visit: Any) -> Any:
    """Everything planning keeps of a sealed visit: how it came to its day, the plan, a diff that
    waits because somebody is away, the work behind both, and looks at it."""
    from assessments.models import PlanChange, PlanRun, VisitPlan
    from assessments.services import plans
    from betterwork import queue
    from betterwork.records.services import record
    from betterwork.records.vocabulary import Action

    planner = world.users[Role.PLANNER]
    told = {
        "starts_on": visit.starts_on.isoformat(), "ends_on": visit.ends_on.isoformat(),
        "lead": world.users["team1"].pk, "second": world.users["team2"].pk,
    }  # fmt: skip
    with scope.programme_scope(world.programme.pk, role=Role.PLANNER, user_id=planner.pk):
        runs = []
        for kind, state in (("horizon", "applied"), ("replan", "waiting")):
            run = PlanRun.objects.create(
                key=f"{kind}:{visit.pk}", kind=kind, state=state, cause="absence", today=TODAY,
                first_day=TODAY, last_day=TODAY, wanted=1, placed=1, requested_by=planner,
            )  # fmt: skip
            PlanChange.objects.create(
                run=run, assessment=visit, factory_id=visit.factory_id, kind="moved", before=told,
                after=told,
            )  # fmt: skip
            runs.append(run)
        VisitPlan.objects.create(
            assessment=visit, run=runs[0], is_locked=True, lock_reason="Agreed with the team.",
            window_first=TODAY, window_last=TODAY, legal_dates=23, entropy_bits=4.5,
        )  # fmt: skip
        plans.request_plan(by=planner.pk, today=TODAY)
        job = queue.enqueue(
            plans.REPLAN_TASK, key=f"replan:{visit.pk}", sealed=True, requested_by=planner.pk,
            cause="absence", cause_id=str(visit.pk),
        )  # fmt: skip
        queue.finish(str(job.pk), url=f"/planner/runs/{runs[1].pk}/")
        record(Action.ENVELOPE_OPENED, about=visit, factory_id=visit.factory_id, sealed=True)
    return runs[1]
