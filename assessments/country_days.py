"""Which days a country works: weekly rest, the public calendar, and the programme's own word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.db.models.functions import JSONObject

from assessments.models import CountryDay
from betterwork.tenancy.models import Programme
from factories.models import Factory
from factories.selectors.cycles import is_public_holiday, working_day_test


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day of the list: of the public calendar, or the programme's own (`own`)."""

    day: date
    name: str
    own: CountryDay | None = None

    @property
    def is_worked(self) -> bool:
        return self.own is not None and self.own.kind == CountryDay.Kind.WORKED


AS_TOLD = JSONObject(day="day", kind="kind")


def own_days(first: date | None, last: date | None) -> QuerySet[CountryDay]:
    """The programme's own word on days; of one day where `last` is None, of none without both."""
    if first is None:
        return CountryDay.objects.none()
    return CountryDay.objects.filter(withdrawn_at__isnull=True, day__range=(first, last or first))


def kinds_of(told: Iterable[Mapping[str, str]]) -> dict[date, str]:
    """Days and their kind, as another query brought them along (`AS_TOLD`)."""
    return {date.fromisoformat(each["day"]): each["kind"] for each in told}


def works(
    programme: Programme, factory: Factory, own: Mapping[date, str]
) -> Callable[[date], bool]:
    """Tells whether a factory works on a day. own: what the programme says of days, by day."""
    public = working_day_test(programme, factory)
    rest = factory.weekly_rest or programme.weekly_rest or ()

    def is_working_day(day: date) -> bool:
        kind = own.get(day)
        if kind == CountryDay.Kind.OFF:
            return False
        if kind == CountryDay.Kind.WORKED:  # lifts the holiday, never the weekly rest
            return day.weekday() not in rest
        return public(day)

    return is_working_day


def free_days(programme: Programme, days: list[date]) -> frozenset[date]:
    """Of these days those on which the country does not work, weekly rest aside: one query."""
    if not days:
        return frozenset()
    own = dict(own_days(days[0], days[-1]).values_list("day", "kind"))
    public = {day for day in days if is_public_holiday(programme.country, day)}
    off = {day for day, kind in own.items() if kind == CountryDay.Kind.OFF}
    worked = {day for day, kind in own.items() if kind == CountryDay.Kind.WORKED}
    return frozenset((public - worked) | off)


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
    import holidays  # a slow import that few pages need

    years = range(first.year, last.year + 1)
    try:
        known = holidays.country_holidays(country, years=years)
        spoken = [each for each in (language, "en_US") if each in known.supported_languages]
        if spoken:
            known = holidays.country_holidays(country, years=years, language=spoken[0])
    except NotImplementedError:
        return []
    return [(day, name) for day, name in sorted(known.items()) if first <= day <= last]
