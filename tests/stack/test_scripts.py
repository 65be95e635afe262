"""The checks that CI relies on must themselves find what they are there for."""

from __future__ import annotations

import polib
import pytest

from scripts import check_messages, lint_css, lint_templates


@pytest.mark.parametrize(
    ("css", "problems"),
    [
        (".a { margin-inline-start: 1px; inset: 0; border-radius: 2px }", 0),
        (".a { margin: 0 1px 2px 1px }", 0),
        (".a { margin: 0 1px 2px 3px }", 1),
        (".a { margin-left: 1px }", 1),
        (".a { border-top-right-radius: 1px; right: 0 }", 2),
        (".a { text-align: left; text-align: start }", 1),
        (".a { border-radius: 4px 0 0 4px }", 1),
        (".a { border-radius: 4px 4px 0 0 }", 0),
        ("@layer parts { @media (min-width: 1px) { .a { & .b { float: right } } } }", 1),
        ("@layer print { @page { margin-left: 1cm } .a { text-align: left } }", 0),
    ],
)
def test_lint_css_finds_physical_sides(css: str, problems: int) -> None:
    assert len(lint_css.check_text(css)) == problems


@pytest.mark.parametrize(
    ("html", "problems"),
    [
        ('<p class="style">A sentence with onclick= in it.</p>', 0),
        ('<p style="color: red">x</p>', 1),
        ('<button\n  onclick="go()">x</button>', 1),
        ("{# <p style='x'> #}<!-- <p style='x'> -->", 0),
        ('<script src="{% static "js/app.js" %}" defer></script>', 0),
        ("<script>go()</script>", 1),
        ('<a href="javascript:go()">x</a>', 1),
        ("<b>{{ name }}</b>, {{ day }}", 1),
        ("{{ name }}{% if more %}, {% endif %}", 1),
        ('{% translate "Saved" %}, {% blocktranslate %}at {{ at }}{% endblocktranslate %}', 1),
        ("{{ name }}{% comma %} {{ day }}", 0),
        ("<p>{{ today }}. {{ more }}</p>", 1),
        ("<p>{% if late %}{{ late }}{% endif %}.</p>", 1),
        ("<p>{{ today }}{% stop %} {{ code }}.pdf</p>", 0),
        ("{% blocktranslate %}{{ name }}, {{ day }}{% endblocktranslate %}", 0),
        ('<bdi dir="ltr">{{ north }}, {{ east }}</bdi>', 0),
    ],
)
def test_lint_templates_finds_what_is_blocked_or_of_one_script(html: str, problems: int) -> None:
    assert len(list(lint_templates.check_text(html))) == problems


def entry(**values: object) -> polib.POEntry:
    return polib.POEntry(**values)


@pytest.mark.parametrize(
    ("translation", "found"),
    [
        (entry(msgid="%(n)s of <b>{all}</b>", msgstr="<b>{all}</b> থেকে %(n)s"), ""),
        (entry(msgid="%(n)s of <b>{all}</b>", msgstr="<b>{all}</b>"), "placeholders"),
        (entry(msgid="%(n)s of <b>{all}</b>", msgstr="{all} %(n)s"), "markup"),
        (entry(msgid="%(n)s of <b>{all}</b>", msgstr=""), "not translated"),
        (entry(msgid="x", msgstr="y", flags=["fuzzy"]), "fuzzy"),
        (None, "missing"),
    ],
)
def test_check_messages_finds_broken_translations(
    translation: polib.POEntry | None, found: str
) -> None:
    source = entry(msgid="%(n)s of <b>{all}</b>")
    problems = " ".join(check_messages.problems_of(source, translation, "bn"))
    assert (found in problems) if found else problems == ""


@pytest.mark.parametrize(
    ("forms", "found"),
    [
        (["لا شيء", "واحد", "اثنان", "%(n)s عناصر", "%(n)s عنصرا", "%(n)s عنصر"], ""),
        (["", "واحد", "اثنان", "%(n)s عناصر", "%(n)s عنصرا", "%(n)s عنصر"], "plural forms"),
        (["لا شيء", "واحد", "اثنان", "%(n)s عناصر", "%(n)s عنصرا", "عنصر"], "placeholders"),
        (["%(m)s", "واحد", "اثنان", "%(n)s عناصر", "%(n)s عنصرا", "%(n)s عنصر"], "has not"),
    ],
)
def test_check_messages_wants_every_arabic_plural_form(forms: list[str], found: str) -> None:
    source = entry(msgid="one item", msgid_plural="%(n)s items")
    translation = entry(
        msgid="one item", msgid_plural="%(n)s items", msgstr_plural=dict(enumerate(forms))
    )
    problems = " ".join(check_messages.problems_of(source, translation, "ar"))
    assert (found in problems) if found else problems == ""
