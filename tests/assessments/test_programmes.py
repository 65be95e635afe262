"""Programmes: any country with a tool can become a tenant, and its tool is there at once."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from assessments import library, loading
from assessments.models import ToolQuestion, ToolVersion
from assessments.services import begin_draft
from assessments.tool import version_in_force
from betterwork.accounts.models import Invitation, Role
from betterwork.errors import DomainError
from betterwork.records.models import OutgoingMail
from betterwork.tenancy import scope
from betterwork.tenancy.models import Programme

from .test_library import TOOLS

OTHERS = sorted(set(TOOLS) - set(loading.SHIPPED))

pytestmark = pytest.mark.django_db


def test_every_country_with_a_tool_can_become_a_programme():
    assert set(loading.COUNTRIES) == set(TOOLS)


def test_shipped_programmes_only_are_made_by_loading():
    with scope.platform_scope():
        assert sorted(Programme.objects.values_list("code", flat=True)) == list(loading.SHIPPED)


@pytest.mark.parametrize("country", OTHERS)
def test_a_programme_begins_with_its_tool_published(country):
    programme, is_new = loading.create_programme(country)
    assert is_new
    ncq, fgw, public, languages = TOOLS[country]
    assert (programme.code, programme.country) == (country, country)
    assert programme.languages[0] == "en"
    assert set(programme.languages) >= set(languages)
    assert programme.currency
    assert programme.timezone != "UTC"
    assert programme.weekly_rest
    assert {"en", "bn", "ar"} <= set(programme.name)
    with scope.programme_scope(programme.pk):
        version = ToolVersion.objects.get()
        assert version.label == f"{country}-2026.2"
        assert version.status == ToolVersion.Status.PUBLISHED
        kinds = list(ToolQuestion.objects.values_list("kind", flat=True))
        assert (kinds.count("ncq"), kinds.count("fgw")) == (ncq, fgw)
        assert ToolQuestion.objects.filter(tags__contains=["public"]).count() == public


def test_creating_again_keeps_what_is_there():
    programme, _is_new = loading.create_programme("KH")
    with scope.platform_scope():
        Programme.objects.filter(pk=programme.pk).update(weekly_rest=[5, 6])
    again, is_new = loading.create_programme("KH")
    assert (again.pk, is_new) == (programme.pk, False)
    assert again.weekly_rest == [5, 6]
    assert loading.load_library()["KH"] == 0  # and loading keeps its tool, too


def test_a_programme_does_not_see_the_tool_of_another(bd):
    programme, _is_new = loading.create_programme("LK")
    labels = set(ToolVersion.objects.values_list("label", flat=True))
    assert labels == {"BD-2026.2"}
    with scope.programme_scope(programme.pk):
        assert set(ToolVersion.objects.values_list("label", flat=True)) == {"LK-2026.2"}


def test_a_country_without_tool_is_refused():
    with pytest.raises(DomainError, match="no_tool_for_country"):
        loading.create_programme("FR")
    with pytest.raises(CommandError, match="no tool for FR"):
        call_command("create_programme", "fr", stdout=StringIO())


def test_the_command_invites_the_first_manager():
    said = StringIO()
    call_command("create_programme", "ni", "--manager", "Lucia@Example.org", stdout=said)
    assert "NI: made, tool published." in said.getvalue()
    with scope.platform_scope():
        programme = Programme.objects.get(code="NI")
    with scope.programme_scope(programme.pk):
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.role) == ("lucia@example.org", Role.MANAGER)
        assert invitation.invited_by is None
        assert OutgoingMail.objects.get().to == "lucia@example.org"
    with pytest.raises(CommandError, match="already invited"):
        call_command("create_programme", "NI", "--manager", "lucia@example.org", stdout=said)


def test_later_translations_do_not_make_other_content_of_a_published_tool(bd):
    content = library.load()
    tool = content.tool("BD")
    first, *rest = tool.questions
    french = {**first.texts, "fr": library.Texts("Titre", "Question ?", "Constat.")}
    more = replace(first, texts=french)
    assert loading._load_tool(replace(tool, questions=(more, *rest))) == 0
    bengali = {**first.texts, "bn": library.Texts("অন্য", "অন্য?", "অন্য।")}
    other = replace(first, texts=bengali)
    with pytest.raises(DomainError, match="tool_label_taken"):
        loading._load_tool(replace(tool, questions=(other, *rest)))


def test_a_later_label_of_the_library_is_published_beside_the_first(bd):
    tool = library.load().tool("BD")
    later = replace(tool, label="BD-2026.7", effective_from=date(2026, 7, 1))
    assert loading._load_tool(later) == len(tool.questions)
    assert version_in_force(date(2026, 6, 30)).label == tool.label
    assert version_in_force(date(2026, 7, 1)).label == "BD-2026.7"


def test_a_country_that_edits_its_own_tool_is_not_given_another(bd):
    base = ToolVersion.objects.get()
    draft = begin_draft(based_on_id=base.pk, by=None, now=datetime(2026, 6, 1, 9, tzinfo=UTC))
    tool = library.load().tool("BD")
    first, *rest = tool.questions
    english = {**first.texts, "en": replace(first.texts["en"], question="Another question?")}
    other = replace(tool, questions=(replace(first, texts=english), *rest))
    # Even where the library comes to a label that the country has given to its own draft.
    for label in (tool.label, draft.label, "BD-2026.7"):
        assert loading._load_tool(replace(other, label=label)) == 0
    assert ToolVersion.objects.count() == 2


def test_the_manager_of_a_new_programme_reads_its_tool_and_law(sign_in):
    loading.create_programme("KH")
    client = sign_in("manager", programme="KH")
    page = client.get(reverse("assessments:tool"))
    assert page.status_code == 200
    assert "KH-2026.2" in page.content.decode()
    law = client.get(reverse("assessments:law"))
    assert law.status_code == 200
    assert "Labour Law 1997" in law.content.decode()
