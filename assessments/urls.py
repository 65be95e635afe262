"""Addresses of this app."""

from __future__ import annotations

from django.urls import path

from .views import conduct, lists, planning, review, tool

app_name = "assessments"
urlpatterns = [
    path("", lists.assessment_list, name="list"),
    path("new/", planning.assessment_new, name="new"),
    path("tool/", tool.tool, name="tool"),
    path("law/", tool.law, name="law"),
    path("<uuid:pk>/", lists.assessment_detail, name="detail"),
    path("<uuid:pk>/schedule/", planning.schedule, name="schedule"),
    path("<uuid:pk>/cancel/", planning.cancel, name="cancel"),
    path("<uuid:pk>/postpone/", planning.postpone, name="postpone"),
    path("<uuid:pk>/refusal/", planning.refusal, name="refusal"),
    path("<uuid:pk>/check-in/", conduct.check_in, name="check_in"),
    path("<uuid:pk>/sign/", conduct.sign, name="sign"),
    path("<uuid:pk>/interviews/", conduct.interviews, name="interviews"),
    path("<uuid:pk>/questions/", conduct.questions, name="questions"),
    path("<uuid:pk>/questions/<slug:lineage>/", conduct.question, name="question"),
    path("<uuid:pk>/answer/<slug:lineage>/", conduct.answer, name="answer"),
    path("<uuid:pk>/evidence/", conduct.evidence, name="evidence"),
    path("<uuid:pk>/clash/<uuid:conflict>/", conduct.settle, name="settle"),
    path("<uuid:pk>/review/", review.review, name="review"),
    path("<uuid:pk>/review/step/", review.step, name="review_step"),
    path("<uuid:pk>/review/remark/", review.remark, name="remark"),
    path("<uuid:pk>/remarks/<uuid:remark>/reply/", review.reply, name="reply"),
    path("<uuid:pk>/remarks/<uuid:remark>/resolve/", review.resolve, name="resolve"),
    path("<uuid:pk>/comments/<uuid:comment>/answer/", review.answer_comment, name="answer_comment"),
    path("<uuid:pk>/draft/", review.draft, name="draft"),
    path("<uuid:pk>/draft/comment/", review.comment, name="comment"),
    path("<uuid:pk>/draft/finish/", review.finish, name="finish"),
]
