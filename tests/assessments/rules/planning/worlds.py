"""Small programmes to plan: one with room for everything, and any that Hypothesis thinks of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from assessments.rules.modality import Modality, ModalitySettings, Strictness
from assessments.rules.planning.problem import (
    Assessor,
    Booking,
    BookingKind,
    Calendar,
    Factory,
    Place,
    PlacedVisit,
    PlanningSettings,
    Problem,
)

TODAY = date(2026, 3, 2)  # a Monday
REGIONS = ("north", "middle", "south")
# north - middle - south in a row.
HOPS = {("north", "middle"): 1, ("middle", "south"): 1, ("north", "south"): 2}
LANGUAGES = ("ash", "oak", "elm")
WEEKEND = frozenset({4, 5})


def day(number: int) -> date:
    """So many days after the day of planning."""
    return TODAY + timedelta(days=number)


def days(*numbers: int) -> frozenset[date]:
    return frozenset(day(number) for number in numbers)


def assessor(name: str, **facts: Any) -> Assessor:
    given: dict[str, Any] = {
        "home": Place("middle"),
        "can_lead": True,
        "is_osh_skilled": True,
        "languages": frozenset(LANGUAGES),
        "sex": "female" if ord(name[-1]) % 2 else "male",
    }
    return Assessor(name, **{**given, **facts})


def factory(name: str, **facts: Any) -> Factory:
    given: dict[str, Any] = {
        "place": Place("middle"),
        "opens_on": day(7),
        "closes_on": day(48),
        "visit_days": 2,
        "languages": frozenset({"ash"}),
    }
    return Factory(name, **{**given, **facts})


def problem(
    factories: tuple[Factory, ...], assessors: tuple[Assessor, ...], **facts: Any
) -> Problem:
    given: dict[str, Any] = {"today": TODAY, "calendar": Calendar(WEEKEND), "hops": HOPS}
    return Problem(factories=factories, assessors=assessors, **{**given, **facts})


def ample(factories: int = 12, assessors: int = 12) -> Problem:
    """Room for everything: dates are never refused for want of people."""
    return problem(
        tuple(
            factory(
                f"factory-{number}",
                place=Place(REGIONS[number % 3]),
                opens_on=day(7 + 11 * number),
                closes_on=day(50 + 11 * number),
                advisors=frozenset({f"person-{chr(97 + number % assessors)}"}),
                visit_days=1 + number % 2,
            )
            for number in range(factories)
        ),
        tuple(
            assessor(
                f"person-{chr(97 + number)}",
                home=Place(REGIONS[number % 3]),
                can_lead=number % 3 != 2,
                is_osh_skilled=number % 2 == 0,
            )
            for number in range(assessors)
        ),
    )


# Mostly programmes in which something can be planned: rules that nobody meets teach little.
strictness = st.sampled_from([Strictness.OFF, Strictness.SOFT, Strictness.OFF, Strictness.HARD])


@st.composite
def programmes(draw: st.DrawFn, *, most_factories: int = 8) -> Problem:
    """Tight and odd programmes: few people, short windows, every rule in every strictness."""
    people = tuple(
        Assessor(
            f"person-{number}",
            Place(draw(st.sampled_from(REGIONS))),
            can_lead=number < 2 or draw(st.booleans()),
            is_osh_skilled=draw(st.booleans()),
            languages=draw(st.frozensets(st.sampled_from(LANGUAGES), min_size=1)),
            sex=draw(st.sampled_from(["female", "male", None])),
            monthly_days=draw(st.sampled_from([4, 3, 6, 9, 1])),
            away=_numbers(draw, 40, 6),
        )
        for number in range(draw(st.integers(3, 6)))
    )
    ids = st.sampled_from([each.id for each in people])
    factories = []
    for number in range(draw(st.integers(1, most_factories))):
        opens = draw(st.integers(1, 25)) - 4
        factories.append(
            Factory(
                f"factory-{number}",
                Place(draw(st.sampled_from(REGIONS))),
                opens_on=day(opens),
                closes_on=day(opens + draw(st.sampled_from([8, 5, 14, 20, 1]))),
                visit_days=draw(st.integers(1, 2)),
                modality=draw(st.sampled_from(list(Modality))),
                rest_weekdays=draw(st.frozensets(st.integers(0, 6), max_size=1)),
                closed_days=_numbers(draw, 40, 3),
                peak_days=_numbers(draw, 40, 3),
                languages=draw(st.frozensets(st.sampled_from(LANGUAGES), max_size=2))
                if draw(st.integers(0, 9)) == 9
                else frozenset({draw(st.sampled_from(LANGUAGES))}),
                advisors=draw(st.frozensets(ids, max_size=1)),
                previous_team=draw(st.frozensets(ids, max_size=1)),
                conflicts=frozenset({draw(ids)}) if draw(st.integers(0, 3)) == 3 else frozenset(),
            )
        )
    bookings = [
        Booking(draw(ids), _numbers(draw, 40, 3), draw(st.sampled_from(list(BookingKind))))
        for _each in range(draw(st.integers(0, 2)))
    ]
    locked = []
    if draw(st.booleans()) and len(people) > 1:
        first = draw(st.integers(-3, 30))
        fixed = factories[0]
        locked = [
            PlacedVisit(
                fixed.id,
                tuple(day(first + later) for later in range(fixed.visit_days)),
                people[0].id,
                people[1].id,
                is_locked=True,
            )
        ]
    rules = ModalitySettings(
        own_advisor_rule=draw(strictness),
        previous_team_rule=draw(strictness),
        language_rule=draw(strictness),
        both_sexes_rule=draw(strictness),
        osh_rule=draw(strictness),
        travel_rule=draw(strictness),
    )
    settings = PlanningSettings(
        notice_days=draw(st.integers(1, 6)),
        avoids_peak_season=draw(st.booleans()),
        travel_regions=draw(st.integers(1, 2)),
        search_seconds=5,
    )
    return Problem(
        TODAY,
        Calendar(draw(st.frozensets(st.integers(0, 6), max_size=2)), _numbers(draw, 45, 4)),
        tuple(factories),
        people,
        HOPS,
        tuple(bookings),
        tuple(locked),
        settings,
        rules,
    )


def _numbers(draw: st.DrawFn, most: int, size: int) -> frozenset[date]:
    found = draw(st.frozensets(st.integers(0, most), max_size=size))
    return frozenset(day(number) for number in found)
