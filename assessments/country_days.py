"""Which days a country works: weekly rest, the public calendar, and the programme's own word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assessments.models import CountryDay
from betterwork.tenancy.models import Programme
from factories.selectors.cycles import is_public_holiday
from factories.selectors.public_holidays import country_holidays


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day of the list: of the public calendar, or the programme's own (`own`)."""

    day: date
    name: str
    own: CountryDay | None = None

    @property
    def is_worked(self) -> bool:
        return self.own is not None and self.own.kind == CountryDay.Kind.WORKED


def free_days(programme: Programme, days: list[date]) -> frozenset[date]:
    """Of these days those on which the country does not work, weekly rest aside. No query."""
    said = programme.own_days
    return frozenset(
        day
        for day in days
        if said.get(day.isoformat()) == CountryDay.Kind.OFF
        or (is_public_holiday(programme.country, day) and day.isoformat() not in said)
    )


def calendar(programme: Programme, first: date, last: date, language: str) -> list[Holiday]:
    """Every holiday between two days, the programme's own among them, in the order of days."""
    own = {
        row.day: row
        for row in CountryDay.objects.filter(
            withdrawn_at__isnull=True, day__range=(first, last)
        ).select_related("recorded_by")
    }
    found = {
        day: Holiday(day, name, own.get(day))
        for day, name in _public(programme.country, first, last, language)
    }
    for day, row in own.items():
        known = found.get(day)
        found[day] = Holiday(day, known.name if known and known.is_worked else row.name, row)
    return [found[day] for day in sorted(found)]


def _public(country: str, first: date, last: date, language: str) -> list[tuple[date, str]]:
    years = range(first.year, last.year + 1)
    try:
        known = country_holidays(country, years=years)
        spoken = [each for each in (language, "en_US") if each in known.supported_languages]
        if spoken:
            known = country_holidays(country, years=years, language=spoken[0])
    except NotImplementedError:
        return []
    return [(day, name) for day, name in sorted(known.items()) if first <= day <= last]
