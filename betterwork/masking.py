"""What a log may keep of an address: nothing of sealed visits, no token that opens something.

Who looked at a sealed visit stands in the trail, where planners alone read it. The logs of servers
are read by others, so they keep neither ids of assessments, nor what is asked of the planner's
rooms, nor tokens of invitations and calendars.
"""

from __future__ import annotations

import logging
import re

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"
_HIDDEN = (
    (re.compile(r"/planner/[^\s\"]*"), "/planner/-"),
    (re.compile(rf"(/assessments/){_UUID}[^\s\"]*"), r"\1-"),
    (re.compile(r"(/welcome/)[^/\s\"]+"), r"\1-"),
    (re.compile(r"(/accounts/password/reset/key/)[^/\s\"]+"), r"\1-"),
    # Work on sealed visits is a job like any other: even its id is a trace of them.
    (re.compile(rf"(/jobs/){_UUID}"), r"\1-"),
)


def masked(text: str) -> str:
    """The same text, with a dash where something secret stood."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


# The row a database refused, told in its message: days and people of a visit may stand in it.
_ROW = re.compile(r"DETAIL:.*")


class Formatter(logging.Formatter):
    """Lines of every log, tracebacks included, without what is secret."""

    def format(self, record: logging.LogRecord) -> str:
        return _ROW.sub("DETAIL: -", masked(super().format(record)))
