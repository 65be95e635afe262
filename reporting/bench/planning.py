"""What a plan costs and how hard it is to guess, on countries made up from a fixed seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from assessments.rules.planning.problem import Assessor, Calendar, Factory, Place, Problem

TODAY = date(2026, 1, 1)
REGIONS = ("north", "east", "south", "west", "centre")
LANGUAGES = ("one", "two", "three", "four")
HOPS = {
    ("north", "east"): 1,
    ("north", "south"): 2,
    ("north", "west"): 1,
    ("north", "centre"): 1,
    ("east", "south"): 1,
    ("east", "west"): 2,
    ("east", "centre"): 1,
    ("south", "west"): 1,
    ("south", "centre"): 1,
    ("west", "centre"): 1,
}


@dataclass(frozen=True)
class Country:
    """Sizes of a made-up country. season: share of the windows that open within three months."""

    factories: int
    assessors: int
    monthly_days: int = 9
    season: float = 0.0
    leads: float = 0.5


SMALL, LARGE, PROGRAMME = Country(500, 40), Country(2_000, 130), Country(154, 10)


def country(size: Country, *, seed: int = 1) -> Problem:
    """Windows of 40 to 60 days over a year, two days for 85 of 100 visits, 15 holidays."""
    made = random.Random(seed)  # noqa: S311 - invented facts, the same on every run
    holidays = frozenset(TODAY + timedelta(made.randrange(460)) for _each in range(19))
    assessors = []
    for number in range(size.assessors):
        away: set[date] = set()
        while len(away) < 20:
            first = TODAY + timedelta(made.randrange(400))
            away |= {first + timedelta(later) for later in range(5)}
        assessors.append(
            Assessor(
                id=f"assessor-{number}",
                home=Place(REGIONS[number % len(REGIONS)]),
                can_lead=number < round(size.leads * size.assessors),
                is_osh_skilled=number % 3 == 0,
                languages=frozenset(made.sample(LANGUAGES, 2)) | {LANGUAGES[number % 4]},
                sex=("female", "male")[number // 2 % 2],
                monthly_days=size.monthly_days,
                away=frozenset(away),
            )
        )
    people = [each.id for each in assessors]
    factories = []
    for number in range(size.factories):
        in_season = made.random() < size.season
        opens = TODAY + timedelta(120 + made.randrange(60) if in_season else made.randrange(365))
        factories.append(
            Factory(
                id=f"factory-{number}",
                place=Place(REGIONS[made.randrange(len(REGIONS))]),
                opens_on=opens,
                closes_on=opens + timedelta(made.randrange(40, 61)),
                visit_days=2 if made.random() < 0.85 else 1,
                closed_days=frozenset(
                    opens + timedelta(made.randrange(60)) for _each in range(made.randrange(4))
                ),
                languages=frozenset({LANGUAGES[made.randrange(len(LANGUAGES))]}),
                advisors=frozenset({made.choice(people)}),
                previous_team=frozenset(made.sample(people, 2)),
                conflicts=frozenset(made.sample(people, 1)) if made.random() < 0.1 else frozenset(),
            )
        )
    return Problem(
        today=TODAY,
        calendar=Calendar(frozenset({4, 5}), holidays),
        factories=tuple(factories),
        assessors=tuple(assessors),
        hops=HOPS,
    )
