"""How far it is from an advisor's base to a factory, and what that means for the day before.

Source: docs/domain/rules/planning.md, rule V-21. Roads are not known: a great circle with an
allowance for them is enough to tell an hour from a day.
"""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0
ROAD_FACTOR = 1.3  # roads over great circles
KM_AN_HOUR = 40


def distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance of two places, each degrees north and degrees east."""
    north, other_north = radians(here[0]), radians(there[0])
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin(radians(there[1] - here[1]) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def travel_minutes(km: float) -> int:
    """By road, in minutes, to the next quarter of an hour. Mark G: for a page, not for a rule."""
    minutes = km * ROAD_FACTOR / KM_AN_HOUR * 60
    return 15 * max(1, round(minutes / 15))


def travel_hops(region: str, other: str, km: float | None, *, far_km: int) -> int:
    """0 within a region, 1 to another, 2 where it costs a day of travel."""
    if km is not None and km >= far_km:
        return 2
    return 0 if region == other else 1
