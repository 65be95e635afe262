"""Tags and filters of the interface. A built-in library: templates need no ``load``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import template
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from betterwork.ui import charts, devices, formats, icons, parts
from betterwork.ui.context import initials

register = template.Library()

# Every status the product shows: shape, colour and word. One table, used by page and paper.
STATUSES: dict[str, tuple[str, str, Any]] = {
    "nc": ("st-nc", "nc", _("Non-compliance")),
    "ok": ("st-ok", "ok", _("Compliant")),
    "na": ("st-na", "na", _("Not applicable")),
    "not_assessed": ("st-not", "na", _("Not assessed")),
    "structural": ("st-struct", "na", _("Due to national law, not held against the factory")),
    "pending": ("st-pend", "wait", _("Pending")),
    "in_progress": ("st-part", "part", _("In progress")),
    "completed": ("st-done", "done", _("Completed, both sides confirmed")),
    "verified": ("st-seal", "verified", _("Verified")),
    "zero_tolerance": ("st-stop", "nc", _("Zero tolerance")),
    "sealed": ("envelope", "sealed", _("Secret until check-in")),
    "late": ("clock", "late", _("Late")),
    "soon": ("clock", "soon", _("Due soon")),
    "pass": ("st-ok", "ok", _("Meets the rule")),
    "weak": ("st-weak", "soon", _("Weak")),
    "fail": ("st-nc", "nc", _("Does not meet the rule")),
    "unverified": ("st-unverified", "soon", _("Not verified")),
    "unanswered": ("st-pend", "wait", _("Not answered")),
}
STATUS_ALIASES = {
    "compliant": "ok",
    "non_compliant": "nc",
    "noncompliant": "nc",
    "not_applicable": "na",
    "": "unanswered",
}
RULE_ICONS = {
    "pass": "st-done",
    "weak": "st-weak",
    "fail": "st-nc",
    "unverified": "st-unverified",
    "na": "st-na",
}
FACE_ICONS = {"factory": "factory", "side": "people"}


# Formats -------------------------------------------------------------------------------------


@register.filter
def num(value: float | Decimal | None, decimals: int | None = None) -> str:
    """A number with the marks and digits of the reader: ``{{ n|num }}``, ``{{ x|num:1 }}``."""
    return formats.number(value, decimals)


@register.filter
def pct(value: float | Decimal | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as per cent."""
    return formats.percent(value, decimals)


@register.filter
def day(value: date | datetime | None) -> str:
    """ "Saturday 28 November 2026" in the language and country of the reader."""
    return formats.day(value)


@register.filter
def day_short(value: date | datetime | None) -> str:
    """ "Sat 28 Nov"."""
    return formats.day_short(value)


@register.filter
def weekday_short(value: date | datetime | None) -> str:
    """ "Sat", or the whole word in a script without short ones."""
    return formats.weekday(value)


@register.filter
def weekday_narrow(value: date | datetime | None) -> str:
    """The day's name for a narrow column: "Sat"; a letter where a script has no short ones."""
    return formats.weekday_narrow(value)


@register.filter
def on_date(value: date | datetime | None) -> str:
    """ "28 Nov 2026"."""
    return formats.on_date(value)


@register.filter
def month(value: date | datetime | None) -> str:
    """ "November 2026"."""
    return formats.month(value)


@register.filter
def hour(value: datetime | time | None) -> str:
    """ "10:42"."""
    return formats.hour(value)


@register.filter
def moment(value: datetime | None) -> str:
    """ "28 Nov 2026, 10:42"."""
    return formats.moment(value)


@register.filter
def days_left(value: int | None) -> str:
    """ "4 days left", "Today", "2 days late"."""
    return formats.days_left(value)


@register.filter
def local_digits(value: Any) -> str:
    """The digits of a ready sentence in the reader's script."""
    return formats.digits(str(value))


@register.filter
def refusal(value: Any) -> str:
    """A field's refusal with the digits of the reader's script; one that quotes a code keeps it."""
    text = str(value)
    has_code = any(sign.isascii() and sign.isalpha() for sign in text)
    return text if has_code else formats.digits(text)


@register.filter
def device(user_agent: str) -> str:
    """ "Chrome on Android" for what a browser calls itself."""
    return devices.device_name(user_agent)


# Text ----------------------------------------------------------------------------------------


@register.simple_tag
def code(value: Any) -> SafeString:
    """Codes, times and addresses: never mirrored, Latin digits."""
    return format_html('<bdi dir="ltr" class="code">{}</bdi>', value)


@register.simple_tag
def comma() -> str:
    """The comma of the reader's language: ``{{ name }}{% comma %} {{ day }}``."""
    return formats.comma()


@register.simple_tag
def stop() -> str:
    """What ends a sentence of the reader's language: ``{{ today|day }}{% stop %} …``."""
    return formats.full_stop()


@register.simple_tag
def user_text(value: Any) -> SafeString:
    """What a person wrote: takes its direction from itself."""
    return format_html('<bdi dir="auto">{}</bdi>', value)


@register.simple_tag(takes_context=True)
def face(context: Context, who: parts.Who) -> str:
    """The signs in a person's circle: the reader's own wherever the row says "You"."""
    request = getattr(context, "request", None)
    if who.is_you and request is not None and request.user.is_authenticated:
        return initials(str(request.user))
    return who.initials


@register.simple_tag
def icon(
    name: str, size: str = "", flip: bool = False, label: str = "", css: str = ""
) -> SafeString:
    """An icon: ``{% icon "bell" %}``; size "s" or "l"; ``flip=True`` where it points."""
    return icons.icon(name, size=size, flip=flip, label=str(label), css=css)


@register.simple_tag
def paper_icon(name: str, colour: str = "#1a2033", size: str = "3.6mm") -> SafeString:
    """The same icon whole, for PDF."""
    return icons.paper_icon(name, colour=colour, size=size)


@register.simple_tag
def status(name: str, label: Any = None, bare: bool = False) -> SafeString:
    """A status by shape, word and colour. ``label`` says more; ``bare`` keeps the word unseen.

    Raises: KeyError for a status the product does not know.
    """
    shape, css, word = STATUSES[STATUS_ALIASES.get(str(name), str(name))]
    text = word if label is None else label
    if bare:
        text = format_html('<span class="vh">{}</span>', text)
    return format_html('<span class="st {}">{}{}</span>', css, icons.icon(shape), text)


@register.simple_tag
def clock(value: parts.Clock | None) -> SafeString:
    """A clock chip."""
    if value is None:
        return SafeString("")
    return mark_safe(render_to_string("components/_clock.html", {"clock": value}))  # noqa: S308


@register.simple_tag
def thread(value: parts.Thread, wide: bool = False) -> SafeString:
    """The thread of a cycle: one row of the caseload, or across a whole card."""
    return charts.thread(value, wide=wide)


@register.simple_tag
def meter(
    segments: Iterable[parts.Segment], label: Any = "", for_print: bool = False
) -> SafeString:
    """A woven strip of segments."""
    return charts.meter(segments, label=str(label), for_print=for_print)


# Addresses -----------------------------------------------------------------------------------


def _request(context: Context) -> HttpRequest | None:
    # include ... only drops the variable but keeps the context's own request.
    return context.get("request") or getattr(context, "request", None)


@register.simple_tag(takes_context=True)
def qs(context: Context, **changes: Any) -> str:
    """The query string of this page with changes: ``{% qs page=2 sort=None %}``."""
    request = _request(context)
    query = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        if value is None or value == "":
            query.pop(key, None)
        elif isinstance(value, list | tuple):
            query.setlist(key, [str(item) for item in value])
        else:
            query[key] = str(value)
    # Always with a question mark: an empty href would keep the old query.
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def hidden_query(context: Context, *leave_out: str) -> SafeString:
    """The query of this page as hidden fields, so that one form keeps the others' choices."""
    request = _request(context)
    fields = [] if request is None else request.GET.lists()
    kept = [
        format_html('<input type="hidden" name="{}" value="{}">', key, value)
        for key, values in fields
        if key not in (*leave_out, "page")
        for value in values
    ]
    return mark_safe("".join(kept))  # noqa: S308  # each is formatted above


@register.inclusion_tag("components/_sort_head.html", takes_context=True)
def sort_head(
    context: Context, field: str, label: Any, end: bool = False, parameter: str = "sort"
) -> dict[str, Any]:
    """A sortable head of a table: a link with ``aria-sort``."""
    request = _request(context)
    # A view may have a default order: it says so in ``sorted_by``.
    chosen = (request.GET.get(parameter) if request else "") or str(context.get("sorted_by", ""))
    ascending = chosen == field
    descending = chosen == f"-{field}"
    return {
        "label": label,
        "end": end,
        "sort": "ascending" if ascending else "descending" if descending else "",
        "href": qs(context, **{parameter: f"-{field}" if ascending else field, "page": None}),
    }


# Blocks --------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def card(
    context: Context,
    content: str,
    title: Any = "",
    id: str = "",
    count: int | None = None,
    muted_count: bool = False,
    lede: Any = "",
    more_url: str = "",
    more: Any = "",
    pad: bool = False,
    level: int = 2,
    css: str = "",
) -> SafeString:
    """A card with its head: ``{% card title=… count=7 pad=True %}…{% endcard %}``."""
    values = {
        "content": content, "title": title, "id": id, "count": count, "css": css,
        "muted_count": muted_count, "lede": lede, "more_url": more_url, "more": more,
        "pad": pad, "level": level,
    }  # fmt: skip
    return mark_safe(render_to_string("components/_card.html", values))  # noqa: S308


@register.simple_block_tag
def notice(content: str, kind: str = "", icon: str = "", alert: bool = False) -> SafeString:
    """A notice: kind "", "good", "warn" or "bad"; the first sentence bold, the way out a link."""
    shape = icon or {"bad": "st-nc", "good": "check"}.get(kind, "info")
    return format_html(
        '<div class="note {}"{}>{}<div>{}</div></div>',
        kind,
        mark_safe(' role="alert"') if alert else "",
        icons.icon(shape),
        mark_safe(content),  # noqa: S308  # rendered and escaped by the template engine
    )


# Small lookups for the parts -----------------------------------------------------------------


@register.filter
def rule_icon(result: str) -> str:
    return RULE_ICONS[result]


@register.filter
def face_icon(kind: str) -> str:
    return FACE_ICONS.get(kind, "")


@register.filter
def lookup(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """A value of a mapping by a key that is itself a variable."""
    return None if mapping is None else mapping.get(key)


@register.filter
def in_words(words: Mapping[str, str] | None) -> str:
    """Words kept by language, in the reader's language, else in English."""
    return formats.in_language(words)


@register.filter
def is_moment(value: Any) -> bool:
    return isinstance(value, datetime)


@register.filter
def widget_kind(bound_field: Any) -> str:
    """ "tick", "options", "file", "hidden" or "line": how a field is laid out."""
    widget = bound_field.field.widget
    kind = getattr(widget, "input_type", "")
    if widget.is_hidden:
        return "hidden"
    if kind == "checkbox" and not getattr(widget, "allow_multiple_selected", False):
        return "tick"
    if kind in ("radio", "checkbox"):
        return "options"
    return "file" if kind == "file" else "line"


@register.filter
def field_anchor(bound_field: Any) -> str:
    """Where a link of the error summary goes: the control, or the whole set of controls."""
    auto_id = bound_field.auto_id or bound_field.html_name
    return f"{auto_id}_set" if bound_field.use_fieldset else bound_field.id_for_label or auto_id


@register.filter
def error_count(form: Any) -> int:
    """How many things of a form are to be put right."""
    return sum(len(errors) for errors in form.errors.values())


@register.filter
def unlocalized(value: Any) -> str:
    """A number for an attribute: never with the marks or digits of a language."""
    return str(value)


@register.simple_tag
def rule_word(result: str) -> Any:
    """The word that says a rule's result to who cannot see its shape."""
    return STATUSES[result][2]


@register.simple_tag
def seam_stitches(first: bool, second: bool) -> str:
    """The path of the stitches: across when both sides have confirmed, else from one side."""
    start, length = (3, 19) if first and second else (3, 9) if first else (13, 9)
    return "".join(f"M{start} {y}h{length}" for y in range(12, 310, 14))


@register.simple_tag(takes_context=True)
def hidden_query_for_filters(
    context: Context,
    choices: Iterable[parts.Choice],
    date_range: parts.DateRange | None = None,
    also: parts.TextFilter | None = None,
) -> SafeString:
    """Sort order and whatever else a filter form does not itself send."""
    days = parts.DateRange.NAMES if date_range else ()
    texts = (also.name,) if also else ()
    names = (choice.name for choice in choices or ())
    return hidden_query(context, "q", *days, *texts, *names)


@register.simple_tag
def key_mark(kind: str, for_print: bool = False) -> SafeString:
    """A sign of a chart's key."""
    return charts.key_mark(kind, for_print=for_print)


@register.simple_tag
def squares(total: int, breached: int, for_print: bool = False) -> SafeString:
    """A square per compliance point of a cluster."""
    return charts.squares(total, breached, for_print=for_print)


@register.filter
def heat_class(value: float | None) -> str:
    """Class of a heat cell by its per cent."""
    return charts.heat_class(value)


@register.simple_tag
def heat_ramp() -> list[tuple[str, str]]:
    """Class and bounds of each step of the heat scale, for the key."""
    return charts.heat_ramp()


@register.filter
def page_range(page: Any) -> SafeString:
    """First and last row of a page; a range is never mirrored."""
    return format_html(
        '<bdi dir="ltr">{}–{}</bdi>',
        formats.number(page.start_index()),
        formats.number(page.end_index()),
    )
