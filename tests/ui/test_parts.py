"""Tags and parts, rendered: what is said, what is escaped, what keeps working without scripts."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import Context, RequestContext, Template
from django.test import RequestFactory, override_settings
from django.utils import translation

from betterwork.accounts.models import User
from betterwork.ui import icons, navigation, parts, views

TEMPLATES = Path(settings.BASE_DIR) / "templates"


def request_for(address: str = "/") -> HttpRequest:
    request = RequestFactory().get(address)
    request.user = AnonymousUser()
    return request


def shown(template: str, address: str = "/", **values: Any) -> str:
    return Template(template).render(RequestContext(request_for(address), values))


class Ids(HTMLParser):
    """Collects what would break a page: doubled ids, inline scripts and styles, empty links."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if names.get("id"):
            self.ids.append(str(names["id"]))
        self.inline += [n for n in names if n == "style" or n.startswith("on")]
        if tag == "script" and not names.get("src"):
            self.inline.append("script")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)


@pytest.mark.parametrize("language", ["en", "bn", "ar"])
def test_parts_page_is_sound(language: str) -> None:
    response = views.parts_page(request_for(f"/parts/?lang={language}"))
    page = response.content.decode()
    seen = Ids()
    seen.feed(page)
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page
    assert not seen.inline
    doubled = {name for name in seen.ids if seen.ids.count(name) > 1}
    assert doubled <= {"work"}  # the sheet shows several states of one part
    assert seen.headings.count("h1") == 1


@override_settings(SHOW_PARTS=False, DEBUG=False)
def test_parts_page_is_not_for_production() -> None:
    from django.http import Http404

    with pytest.raises(Http404):
        views.parts_page(request_for("/parts/"))


def test_no_template_carries_inline_styles_or_scripts() -> None:
    for file in TEMPLATES.rglob("*.html"):
        if "mail" in file.parts or "pdf" in file.parts:
            continue
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\s(style|on[a-z]+)=[\"']", text), file
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), file


@pytest.mark.parametrize(
    ("clock", "said", "state"),
    [
        (parts.Clock(4, date(2026, 11, 28), 0.6), "4 days left", "soon"),
        (parts.Clock(20, date(2026, 12, 14), 0.3), "20 days left", ""),
        (parts.Clock(-4, date(2026, 11, 20), 1, late_reason="records awaited"),
         "reason: records awaited", "late"),
        (parts.Clock(paused="flood"), "Paused", ""),
    ],
)  # fmt: skip
def test_clock_says_days_then_why_or_when(clock: parts.Clock, said: str, state: str) -> None:
    with translation.override("en"):
        html = shown("{% clock c %}", c=clock)
    assert said in html
    assert (f'class="clock {state}"' if state else 'class="clock"') in html


def test_clock_of_a_due_date() -> None:
    clock = parts.Clock.until(
        date(2026, 11, 28), today=date(2026, 11, 24), started_on=date(2026, 11, 8)
    )
    assert (clock.days_left, clock.ring, clock.state) == (4, 80, "soon")


def test_status_keeps_its_word_when_bare() -> None:
    with translation.override("en"):
        html = shown('{% status "verified" bare=True %}')
    assert '<span class="vh">Verified</span>' in html
    assert "#st-seal" in html


def test_an_unknown_status_or_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        shown('{% status "nonsense" %}')
    with pytest.raises(KeyError):
        icons.icon("nonsense")


def test_user_text_is_escaped_and_takes_its_own_direction() -> None:
    html = shown("{% user_text x %}{% code y %}", x="<i>ধন্যবাদ", y="BD-2026-A077")
    assert html == (
        '<bdi dir="auto">&lt;i&gt;ধন্যবাদ</bdi><bdi dir="ltr" class="code">BD-2026-A077</bdi>'
    )


def test_query_string_is_kept_and_changed() -> None:
    assert shown("{% qs page=2 sort=None %}", "/x?q=a%20b&sort=name&page=9") == "?q=a+b&amp;page=2"
    assert shown("{% qs page=None %}", "/x") == "?"


@pytest.mark.parametrize(
    ("address", "sort", "href"),
    [
        ("/x?q=1&page=3", "", "?q=1&amp;sort=name"),
        ("/x?sort=name", "ascending", "?sort=-name"),
        ("/x?sort=-name", "descending", "?sort=name"),
    ],
)
def test_sortable_head(address: str, sort: str, href: str) -> None:
    html = shown('{% sort_head "name" "Factory" %}', address)
    assert f'href="{href}"' in html
    assert (f'aria-sort="{sort}"' in html) if sort else ("aria-sort" not in html)


def test_pages_keep_filters() -> None:
    page = Paginator(range(387), 25).page(2)
    with translation.override("en"):
        html = shown('{% include "components/_pagination.html" with page=page only %}',
                     "/x?q=knit&page=2", page=page)  # fmt: skip
    assert "?q=knit&amp;page=1" in html
    assert "?q=knit&amp;page=3" in html
    assert '<bdi dir="ltr">26–50</bdi> of 387' in html


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the licence")
    side = forms.ChoiceField(label="Side", choices=[("w", "W")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False)


def test_a_failed_form_keeps_its_input_and_names_what_is_wrong() -> None:
    with translation.override("en"):
        html = str(Sample({"note": "kept <words>"}))
    assert "2 things to put right." in html
    assert '<a href="#id_name">Name</a>' in html
    assert '<a href="#id_side_set">Side</a>' in html
    assert 'id="id_side_set"' in html
    assert 'value="kept &lt;words&gt;"' in html
    # Label, hint, message, then the control, joined for a screen reader.
    order = [html.index(s) for s in ('<label for="id_name"', "As on the licence",
                                     'id="id_name_error"', 'name="name"')]  # fmt: skip
    assert order == sorted(order)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert "(optional)" in html


def test_counts_stand_in_the_digits_of_the_language() -> None:
    class Asked(forms.Form):
        name = forms.CharField()

    with translation.override("bn"):
        said = shown(
            '{% include "components/_error_summary.html" with form=form only %}', form=Asked({})
        )
        envelope = shown('{% include "components/_envelope.html" with people=3 only %}')
    assert "১টি" in said
    assert "1টি" not in said
    assert "৩" in envelope


def test_a_clean_form_has_no_summary() -> None:
    assert 'role="alert"' not in str(Sample())


def test_seam_is_sewn_across_only_when_both_confirmed() -> None:
    side = parts.Side("Worker side")
    done = parts.Side("Management side", "Rami", date(2026, 11, 22))
    seam = '{% include "components/_seam.html" with first=a second=b only %}'
    assert "<path" not in shown(seam, a=side, b=side)
    assert "M13 12h9" in shown(seam, a=side, b=done)
    assert "M3 12h19" in shown(seam, a=done, b=done)


def test_navigation_shows_only_places_that_exist() -> None:
    for role in navigation.ROLES:
        items = navigation.navigation(role, path="/nowhere/")
        assert all(item.url for item in items)
        assert not any(item.current for item in items)
    assert navigation.navigation("nobody", path="/") == ()


@pytest.mark.parametrize(
    "role", ["manager", "advisor", "group_lead", "constituent", "global", "buyer"]
)
def test_the_first_page_of_a_role_is_marked_in_its_menu(role: str) -> None:
    path = "/overview/" if role == "manager" else "/work/"
    assert [item.url for item in navigation.navigation(role, path=path) if item.current] == [path]


def test_roles_of_the_menu_are_the_roles_of_the_product() -> None:
    from betterwork.accounts.models import Role

    assert set(navigation.ROLES) == set(Role.values)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "409", "413", "415", "429"])
def test_refusals_are_pages_of_one_heading(name: str) -> None:
    html = shown(f'{{% include "{name}.html" %}}')
    assert html.count("<h1>") == 1
    assert 'href="/"' in html or "btn go" in html


def test_500_needs_nothing_that_may_have_failed() -> None:
    html = Template((TEMPLATES / "500.html").read_text()).render(Context())
    assert "<h1>" in html


def test_frame_of_a_signed_in_reader_makes_no_query() -> None:
    """Without the db fixture any query of the context processor would raise."""
    from types import SimpleNamespace

    from betterwork.ui.context import interface

    request = request_for("/")
    programme = SimpleNamespace(code="JO", country="JO", name_in=lambda language: "الأردن")
    request.membership = SimpleNamespace(  # type: ignore[attr-defined]
        pk=1, role="advisor", programme=programme, factory=None, group=None, buyer=None,
        get_role_display=lambda: "مستشارة",
    )  # fmt: skip
    with translation.override("ar"):
        ui = interface(request)["ui"]
    assert (ui.dir, ui.programme, ui.programme_name, ui.role) == ("rtl", "jo", "الأردن", "advisor")


def test_you_are_shown_with_your_own_signs_wherever_you_act() -> None:
    who = parts.Who("Programme", "Programme", "–", is_you=True)
    request = request_for()
    request.user = User(email="f@example.org", full_name="Farhana Chowdhury")
    template = Template('{% include "components/_who.html" with who=who only %}')
    assert ">FC<" in template.render(RequestContext(request, {"who": who}))
    assert ">–<" in template.render(Context({"who": who}))
    other = parts.Who("Tanvir Rahman", initials="TR")
    assert ">TR<" in template.render(RequestContext(request, {"who": other}))
