"""How far it is: distances against known ones, minutes for a page, regions and the day before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.rules.travel import EARTH_KM, distance_km, travel_hops, travel_minutes

places = st.tuples(st.floats(-90, 90), st.floats(-180, 180))

DHAKA, CHATTOGRAM = (23.81, 90.41), (22.36, 91.78)
AMMAN, IRBID = (31.95, 35.93), (32.56, 35.85)


@pytest.mark.parametrize(
    ("here", "there", "km"),
    [
        (DHAKA, DHAKA, 0),
        (DHAKA, CHATTOGRAM, 214),
        (AMMAN, IRBID, 68),
        ((0.0, 0.0), (0.0, 1.0), 111),  # a degree on the equator
        ((0.0, 179.5), (0.0, -179.5), 111),  # across the date line
        ((90.0, 0.0), (-90.0, 0.0), 20_015),  # half way round
    ],
)
def test_distances_are_those_of_the_map(
    here: tuple[float, float], there: tuple[float, float], km: int
) -> None:
    assert distance_km(here, there) == pytest.approx(km, abs=2)


@given(places, places)
def test_distance_is_the_same_both_ways_and_within_the_earth(
    here: tuple[float, float], there: tuple[float, float]
) -> None:
    there_and_back = distance_km(here, there), distance_km(there, here)
    assert there_and_back[0] == pytest.approx(there_and_back[1], abs=1e-6)
    assert 0 <= there_and_back[0] <= EARTH_KM * 3.1416


@pytest.mark.parametrize(("km", "minutes"), [(0, 15), (5, 15), (20, 45), (40, 75), (214, 420)])
def test_minutes_are_told_in_quarters_of_an_hour(km: float, minutes: int) -> None:
    assert travel_minutes(km) == minutes


@given(st.floats(0, 20_000), st.floats(0, 20_000))
def test_farther_never_takes_less(one: float, other: float) -> None:
    near, far = sorted((one, other))
    assert travel_minutes(near) <= travel_minutes(far)
    assert travel_minutes(near) % 15 == 0


@pytest.mark.parametrize(
    ("region", "other", "km", "hops"),
    [
        ("Savar", "Savar", 10.0, 0),
        ("Savar", "Gazipur", 40.0, 1),
        ("Savar", "Gazipur", None, 1),  # a place is not known: the region decides
        ("Savar", "Savar", None, 0),
        ("Savar", "Chattogram", 250.0, 2),
        ("Savar", "Savar", 250.0, 2),  # a large region is far all the same
        ("Savar", "Chattogram", 249.9, 1),
    ],
)
def test_hops_by_region_and_distance(region: str, other: str, km: float | None, hops: int) -> None:
    assert travel_hops(region, other, km, far_km=250) == hops
