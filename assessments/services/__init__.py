"""Writes of this app, by subject: planning, conduct, answers, review, reassessments."""

from .answers import Saved, add_evidence, save_answer, settle_conflict
from .conduct import check_in, count_interviews, note_presence, sign
from .planning import (
    cancel,
    create_assessment,
    postpone,
    schedule_assessment,
    team_checks,
)
from .reassessments import open_reassessments
from .refused_access import record_refusal
from .review import (
    add_remark,
    answer_comment,
    comment_on_draft,
    finish_comments,
    hand_over_review,
    release,
    reply_to_remark,
    resolve_remark,
    return_to_team,
    run_review_clocks,
    send_draft,
    start_review,
    take_back,
)

__all__ = [
    "Saved",
    "add_evidence",
    "add_remark",
    "answer_comment",
    "cancel",
    "check_in",
    "comment_on_draft",
    "count_interviews",
    "create_assessment",
    "finish_comments",
    "hand_over_review",
    "note_presence",
    "open_reassessments",
    "postpone",
    "record_refusal",
    "release",
    "reply_to_remark",
    "resolve_remark",
    "return_to_team",
    "run_review_clocks",
    "save_answer",
    "schedule_assessment",
    "send_draft",
    "settle_conflict",
    "sign",
    "start_review",
    "take_back",
    "team_checks",
]
