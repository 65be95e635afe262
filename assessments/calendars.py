"""iCalendar texts: a person's feed, and invitations to announced visits.

A sealed visit is at most "busy" in a feed, unless its owner chose otherwise; its event carries no
id of the visit, so that a calendar copied elsewhere leads nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PRODUCT = "-//Betterwork//Calendar//EN"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. uid: stable per event. is_open: not blocking. ends_on is included."""

    uid: str
    title: str
    starts_on: date
    ends_on: date
    place: str = ""
    text: str = ""
    url: str = ""
    starts_at: time | None = None
    hours: int = 3
    sequence: int = 0


def opaque_uid(owner: int, kind: str, pk: object, secret: str) -> str:
    """An id of an event that tells nothing of the row behind it."""
    text = f"{secret}:{owner}:{kind}:{pk}"
    return hashlib.sha256(text.encode()).hexdigest()[:40] + "@betterwork"


def feed(entries: Iterable[Entry], *, name: str, zone: str, now: datetime) -> bytes:
    """A calendar of entries, as programs fetch it."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", zone)
    calendar.add("refresh-interval;value=duration", "PT12H")
    for entry in entries:
        calendar.add_component(_event(entry, zone=zone, now=now))
    return bytes(calendar.to_ical())


def invitation(
    entry: Entry, *, organiser: tuple[str, str], guests: Iterable[tuple[str, str]], zone: str,
    now: datetime, is_cancelled: bool = False,
) -> str:  # fmt: skip
    """An invitation to one announced visit, or its cancellation. People are (name, address)."""
    from icalendar import Calendar, vCalAddress, vText

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if is_cancelled else "REQUEST")
    event = _event(entry, zone=zone, now=now)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    host = vCalAddress(f"mailto:{organiser[1]}")
    host.params["cn"] = vText(organiser[0])
    event["organizer"] = host
    for name, address in guests:
        guest = vCalAddress(f"mailto:{address}")
        guest.params["cn"] = vText(name)
        guest.params["role"] = vText("REQ-PARTICIPANT")
        event.add("attendee", guest, encode=0)
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


def _event(entry: Entry, *, zone: str, now: datetime) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", entry.uid)
    event.add("summary", entry.title)
    event.add("dtstamp", now)
    if entry.starts_at is not None:
        start = datetime.combine(entry.starts_on, entry.starts_at, ZoneInfo(zone))
        event.add("dtstart", start)
        event.add("dtend", start + timedelta(hours=entry.hours))
    else:
        event.add("dtstart", entry.starts_on)
        event.add("dtend", entry.ends_on + timedelta(days=1))
    event.add("sequence", entry.sequence)
    if entry.place:
        event.add("location", entry.place)
    if entry.text:
        event.add("description", entry.text)
    if entry.url:
        event.add("url", entry.url)
    return event
