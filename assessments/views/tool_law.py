"""Periods of a parameter of law, proposals of new ones, and the second person's decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import library, services
from assessments import tool as tools
from assessments.editing import reads
from assessments.forms_tool import LawForm, value_text
from assessments.models import LawParameter, LawProposal
from betterwork.accounts.requests import MemberRequest
from betterwork.errors import DomainError
from betterwork.permissions import Permission, may, requires
from betterwork.ui import formats
from betterwork.ui.parts import Crumb

from .common import language, refused, today_in, user_id
from .tool_common import home, page, topic_words, unit_word
from .tool_drafts import EDIT


def _law_crumb() -> Crumb:
    return Crumb(_("Law"), reverse("assessments:law"))


@requires(*EDIT)
def parameter(request: MemberRequest, parameter: str) -> HttpResponse:
    """All periods of one parameter, with where each comes from, and who cites it."""
    programme = home(request)
    today = today_in(request)
    found = reads.periods(programme.country, parameter, today)
    if not found:
        raise Http404
    try:
        version = tools.version_in_force(today)
    except DomainError:
        version = None
    context = {
        "code": parameter,
        "topic": topic_words().get(found[0].row.topic, found[0].row.topic),
        "periods": [(p, _shown(p.parameter), unit_word(p.row.unit)) for p in found],
        "cited": [
            (row, tools.in_language(row.title, language()))
            for row in reads.cited_by(parameter, version)
        ],
        "open": [p for p in reads.proposals(only_open=True) if p.code == parameter],
        "may_change": may(request, Permission.CHANGE_TOOL),
        "crumbs": [_law_crumb()],
    }
    return page(request, "law_parameter", context)


def _shown(found: Any) -> str:
    return value_text(found.kind, _plain(found.value)).replace("\n", "; ")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{name: getattr(row, name) for name in row.__slots__} for row in value]
    return value


@requires(Permission.CHANGE_TOOL)
def propose(request: MemberRequest, parameter: str) -> HttpResponse:
    """A new period of a parameter that is there."""
    programme = home(request)
    today = today_in(request)
    found = reads.periods(programme.country, parameter, today)
    if not found:
        raise Http404
    known = next((p.row for p in found if p.is_now), found[0].row)
    return _propose(request, known)


@requires(Permission.CHANGE_TOOL)
def correct(request: MemberRequest, parameter: str, period: int) -> HttpResponse:
    """A period that was written down wrongly, put right under the same first day."""
    programme = home(request)
    found = reads.periods(programme.country, parameter, today_in(request))
    wrong = next((p.row for p in found if p.row.pk == period and not p.is_corrected), None)
    if wrong is None:
        raise Http404
    return _propose(request, wrong, is_correction=True)


@requires(Permission.CHANGE_TOOL)
def propose_new(request: MemberRequest) -> HttpResponse:
    """A parameter the country's law data does not have yet."""
    home(request)
    return _propose(request, None)


def _propose(
    request: MemberRequest, known: LawParameter | None, *, is_correction: bool = False
) -> HttpResponse:
    initial = LawForm.initial_of(known) if known is not None else {}
    if not is_correction:
        initial.pop("effective_to", None)
    form = LawForm(request.POST or None, initial=initial, known=known, is_correction=is_correction)
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        if is_correction and known is not None:
            given |= {"effective_from": known.effective_from, "corrects": known.pk}
        try:
            made = services.propose_law(by=user_id(request), now=timezone.now(), **given)
            return redirect("assessments:law_proposal", pk=made.pk)
        except DomainError as refusal:
            error = refusal
    back = reverse("assessments:law")
    crumbs = [_law_crumb()]
    if known is not None:
        back = reverse("assessments:law_parameter", args=[known.code])
        crumbs.append(Crumb(known.code, back))
    title, lede = (
        _correction_words(known) if is_correction and known is not None else _proposal_words(known)
    )
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "lede": lede,
        "crumbs": crumbs,
        "button": _("Propose it"),
        "cancel_url": back,
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "form", context, status=422 if form.errors or error else 200)


def _proposal_words(known: LawParameter | None) -> tuple[str, str]:
    title = (
        _("Propose a new period of %(code)s") % {"code": known.code}
        if known is not None
        else _("Propose a new parameter")
    )
    lede = _(
        "Nothing changes until a second person approves it. The periods before it stay as they are."
    )
    return title, lede


def _correction_words(known: LawParameter) -> tuple[str, str]:
    lede = _(
        "For what was written down wrongly. Nothing changes until a second person approves it;"
        " what stood there stays in the list, and released reports stay as they are."
        " If the law itself changed, propose a new period instead."
    )
    return _("Correct a period of %(code)s") % {"code": known.code}, lede


@requires(*EDIT)
def proposals(request: MemberRequest) -> HttpResponse:
    """Open proposals first, then what was decided."""
    home(request)
    rows = reads.proposals(only_open=False)
    context = {
        "open": [row for row in rows if not row.decision],
        "decided": [row for row in rows if row.decision],
        "me": user_id(request),
        "may_change": may(request, Permission.CHANGE_TOOL),
        "crumbs": [_law_crumb()],
    }
    return page(request, "law_proposals", context)


@requires(*EDIT)
def proposal(request: MemberRequest, pk: UUID) -> HttpResponse:
    """What stands now and what is proposed, side by side; the decision."""
    home(request)
    rows = LawProposal.objects.select_related("proposed_by", "decided_by", "corrects")
    found = get_object_or_404(rows, pk=pk)
    if request.method != "POST":
        return _proposal_page(request, found)
    try:
        decision = request.POST.get("decision", "")
        needed = Permission.CHANGE_TOOL if decision == "withdrawn" else Permission.REVIEW_TOOL
        if not may(request, needed):
            raise DomainError("tool_refused", against=("tool_not_yours",))
        services.decide_law(
            proposal_id=found.pk,
            decision=decision,
            note=request.POST.get("note", ""),
            by=user_id(request),
            now=timezone.now(),
        )
    except DomainError as error:
        found = get_object_or_404(rows, pk=pk)
        return _proposal_page(
            request, found, error=error, typed=request.POST.get("note", ""), status=422
        )
    return redirect("assessments:law_proposal", pk=pk)


def _proposal_page(
    request: MemberRequest,
    found: LawProposal,
    *,
    error: DomainError | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    programme = home(request)
    before = _what_it_replaces(programme.country, found)
    me = user_id(request)
    context: dict[str, Any] = {
        "proposal": found,
        "before": before,
        "rows": _side_by_side(found, before),
        "is_own": found.proposed_by_id == me,
        "may_review": may(request, Permission.REVIEW_TOOL),
        "typed": typed,
        "crumbs": [
            _law_crumb(),
            Crumb(_("Proposals"), reverse("assessments:law_proposals")),
        ],
    }
    if error is not None:
        context.update(refused(error))
    return page(request, "law_proposal", context, status=status)


def _what_it_replaces(country: str, found: LawProposal) -> library.LawParameter | None:
    if found.corrects is not None:
        return tools.parameter_of(found.corrects)
    if found.effective_from is None:
        return None
    before = tools.law_on(country, found.effective_from).get(found.code)
    if before is not None and before.effective_from == found.effective_from:
        return None  # approved already: what it replaced stands on the page of periods
    return before


def _side_by_side(found: LawProposal, before: Any) -> list[dict[str, Any]]:
    def sure(word: str) -> str:
        return str(LawParameter.Confidence(word).label)

    pairs = [
        (_("Value"), value_text(found.kind, found.value),
         _shown_lines(before) if before else ""),
        (_("Unit"), found.unit, before.unit if before else ""),
        (_("How it reads"), _short(found.short), _short(before.short) if before else ""),
        (_("Whole wording"), found.text, before.text if before else ""),
        (_("Reference"), found.reference, before.reference if before else ""),
        (_("Source"), found.source, before.source if before else ""),
        (_("How sure"), sure(found.confidence), sure(before.confidence) if before else ""),
        (_("Last day"), formats.on_date(found.effective_to) if found.effective_to else "",
         formats.on_date(before.effective_to) if before and before.effective_to else ""),
    ]  # fmt: skip
    return [
        {"label": label, "now": now, "before": was, "differs": now != was}
        for label, now, was in pairs
    ]


def _shown_lines(before: Any) -> str:
    return value_text(before.kind, _plain(before.value))


def _short(words: Any) -> str:
    return "\n".join(f"{code or 'en'}: {text}" for code, text in words.items())
