"""What every page knows of its reader: language, direction, programme, looks, navigation.

Reads the request only; no query is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import formats
from .navigation import first_url, more, navigation

THEMES = ("light", "dark")
DENSITIES = ("comfortable", "compact")
THEME_COOKIE = "bw_theme"
DENSITY_COOKIE = "bw_density"
# Their names are read by people who do not read the language of the page.
OWN_NAMES = {"en": "English", "bn": "বাংলা", "ar": "العربية", "vi": "Tiếng Việt",
             "id": "Bahasa Indonesia", "km": "ខ្មែរ", "fr": "Français", "es": "Español",
             "ur": "اردو", "si": "සිංහල"}  # fmt: skip


@dataclass(frozen=True)
class Hat:
    """One membership as the switcher shows it."""

    pk: str
    place: str
    role: str
    under: str = ""
    programme: str = ""
    current: bool = False


@dataclass(frozen=True)
class Interface:
    """The frame of a page. ``theme`` is empty when the reader's system decides."""

    language: str
    dir: str
    theme: str = ""
    density: str = "comfortable"
    programme: str = ""
    programme_name: str = ""
    role: str = ""
    role_name: str = ""
    place_name: str = ""
    person: str = ""
    initials: str = ""
    languages: tuple[tuple[str, str], ...] = ()
    hats: tuple[Hat, ...] = ()
    hat_url: str = ""
    search_url: str = ""
    sign_out_url: str = ""
    account_url: str = ""
    home_url: str = "/"
    path: str = "/"


def initials(name: str) -> str:
    """One or two signs that stand for a person: first letters of the first and last word."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "·"
    if "\u0980" <= words[0][0] <= "\u09ff" or "\u1780" <= words[0][0] <= "\u17ff":
        return words[0][:2]  # a consonant with its vowel sign
    letters = [words[0][0]] + ([words[-1][0]] if len(words) > 1 else [])
    # Arabic letters would join into one shape.
    return (" " if "\u0600" <= letters[0] <= "\u06ff" else "").join(letters).upper()


def _name_in(named: Any, language: str) -> str:
    """The name of a programme, a factory, a group or a buyer as its readers know it."""
    name_in = getattr(named, "name_in", None)
    return str((name_in(language) if callable(name_in) else named) or "")


def _hat(membership: Any, language: str, current: Any) -> Hat:
    programme = getattr(membership, "programme", None)
    owner = getattr(membership, "group", None) or getattr(membership, "buyer", None)
    factory = getattr(membership, "factory", None)
    place = _name_in(programme or owner, language)
    return Hat(
        pk=str(membership.pk),
        place=place,
        role=str(membership.get_role_display()),
        under=_name_in(factory or (owner if programme else None), language),
        programme=str(getattr(programme, "code", "") or "").lower(),
        current=current is not None and membership.pk == current.pk,
    )


def interface(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``ui`` for the frame, ``nav`` and ``nav_more`` for the menus."""
    language = formats.language()
    membership = getattr(request, "membership", None)
    programme = getattr(membership, "programme", None) if membership else None
    country = str(getattr(programme, "country", "") or getattr(programme, "code", "") or "")
    formats.set_region(country, str(getattr(programme, "arabic_digits", "") or "latn"))
    user = getattr(request, "user", None)
    signed_in = user is not None and getattr(user, "is_authenticated", False)
    person = str(user) if signed_in else ""
    theme = getattr(user, "theme", "") if signed_in else request.COOKIES.get(THEME_COOKIE, "")
    density = getattr(user, "density", "") if signed_in else request.COOKIES.get(DENSITY_COOKIE, "")
    role = str(getattr(membership, "role", "") or "") if membership else ""
    hat = _hat(membership, language, membership) if membership else None
    ui = Interface(
        language=language,
        dir=formats.direction(),
        theme=theme if theme in THEMES else "",
        density=density if density in DENSITIES else "comfortable",
        programme=hat.programme if hat else "",
        programme_name=hat.place if hat else "",
        role=role,
        role_name=hat.role if hat else "",
        place_name=(hat.under or hat.place) if hat else "",
        person=person,
        initials=initials(person),
        languages=tuple((c, OWN_NAMES.get(c, str(n))) for c, n in settings.LANGUAGES),
        hats=tuple(_hat(m, language, membership) for m in getattr(request, "hats", ())),
        hat_url=first_url("accounts:hat"),
        search_url=first_url("search", "factories:list"),
        sign_out_url=first_url("account_logout"),
        account_url=first_url("accounts:preferences"),
        home_url=first_url("home") or "/",
        path=request.get_full_path() if request.method == "GET" else request.path,
    )
    nav = navigation(
        role,
        path=getattr(request, "nav_path", request.path),
        counts=getattr(request, "nav_counts", None),
    )
    return {"ui": ui, "nav": nav, "nav_more": more(role)}
