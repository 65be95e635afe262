"""Room for a visit without moving any date: others change teams (rule V-8).

Source: docs/domain/rules/planning.md.
"""

from __future__ import annotations

import time

from assessments.rules.planning.table import Phase, Table

TRIES = 60  # people tried for one visit on one level


class Deadline:
    """When the search of one plan ends. Wall time, so that a busy machine still answers."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(self._ends - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        return self.left <= 0.0


def make_room(
    table: Table, place: int, start: int, *, depth: int, deadline: Deadline, banned: int = 0
) -> bool:
    """Book a site on this day; others may get another team, on their own days.

    Answers False and leaves the table as it was where that cannot be done. `banned`: people who
    may not be seated here.
    """
    mask = table.free(place, start) & ~banned
    seat = table.best(place, start, mask=mask)
    if seat is not None:
        table.book(place, seat)
        return True
    if depth == 0 or deadline.is_over:
        return False
    site = table.sites[place]
    for tried, (assessor, holder) in enumerate(_holders(table, place, start, mask, banned)):
        if tried == TRIES or deadline.is_over:
            return False
        # Would this person help at all?
        if not table.is_team_in(site, mask | 1 << assessor) and depth == 1:
            continue
        mark = len(table.journal)
        old = table.unbook(holder)
        if make_room(
            table, holder, old.start, depth=depth - 1, deadline=deadline, banned=1 << assessor
        ) and make_room(table, place, start, depth=depth - 1, deadline=deadline, banned=banned):
            return True
        table.roll_back(mark)
    return False


def _holders(table: Table, place: int, start: int, mask: int, banned: int) -> list[tuple[int, int]]:
    """(assessor, site that holds them): who could come here if another visit let them go."""
    site, ground = table.sites[place], table.ground
    span = ground.span(start, site.factory.visit_days)
    wanted = site.may & ~mask & ~banned
    found: dict[tuple[int, int], None] = {}
    for day in (*span.days, span.travel_day):
        for assessor, holder in table.held.get(day, {}).items():
            if wanted >> assessor & 1:
                found[assessor, holder] = None
    taken = {assessor for assessor, _holder in found}
    capped = 0
    for month, days in span.months:
        capped |= ~table.caps(month, days)
    capped &= wanted
    if capped:
        months = {month for month, _days in span.months}
        for other, seat in table.seats.items():
            touched = ground.span(seat.start, table.sites[other].factory.visit_days).months
            if not seat.mask & capped or not any(month in months for month, _days in touched):
                continue
            for assessor in (seat.lead, seat.second):
                if capped >> assessor & 1 and assessor not in taken:
                    found[assessor, other] = None
    leads = site.lead
    speaks = site.speaks
    needs_lead = not mask & leads
    needs_speaker = speaks is not None and not mask & speaks

    def misses(pair: tuple[int, int]) -> int:
        """People who bring what nobody free brings come first."""
        assessor = pair[0]
        missing = 0
        if needs_lead and not leads >> assessor & 1:
            missing += 2
        if needs_speaker and speaks is not None and not speaks >> assessor & 1:
            missing += 1
        return missing

    return sorted(found, key=misses)


def polish(table: Table, places: list[int]) -> None:
    """Rule V-9: each visit gets its best team in exchange for its own; dates stay."""
    for phase in (Phase.SMOOTH, Phase.SMOOTH, Phase.TRUE, Phase.TRUE):
        for place in places:
            old = table.unbook(place)
            table.book(place, table.best(place, old.start, phase=phase) or old)
        table.journal.clear()
