"""Addresses of planning, below /planner/: the planner's rooms, and each advisor's own time."""

from __future__ import annotations

from django.urls import path

from .views import planner, team

app_name = "planner"
urlpatterns = [
    path("", planner.board, name="board"),
    path("proposals/", planner.proposals, name="proposals"),
    path("clashes/", planner.clashes, name="clashes"),
    path("check/", planner.check, name="check"),
    path("runs/new/", planner.run_new, name="run_new"),
    path("runs/again/", planner.run_again, name="run_again"),
    path("runs/<uuid:pk>/", planner.run, name="run"),
    path("runs/<uuid:pk>/apply/", planner.run_apply, name="run_apply"),
    path("runs/<uuid:pk>/leave/", planner.run_discard, name="run_discard"),
    path("envelopes/<uuid:pk>/", planner.envelope, name="envelope"),
    path("envelopes/<uuid:pk>/move/", planner.move, name="move"),
    path("envelopes/<uuid:pk>/redraw/", planner.redraw, name="redraw"),
    path("envelopes/<uuid:pk>/again/", planner.again, name="again"),
    path("envelopes/<uuid:pk>/lock/", planner.lock, name="lock"),
    path("envelopes/<uuid:pk>/window/", planner.widen, name="widen"),
    path("envelopes/<uuid:pk>/modality/", planner.modality, name="modality"),
    path("team/", team.team, name="team"),
    path("team/<int:person>/", team.profile, name="profile"),
    path("team/<int:person>/absence/", team.absence_new, name="absence_new"),
    path("absences/<uuid:pk>/withdraw/", team.absence_withdraw, name="absence_withdraw"),
    path("closures/", team.closures, name="closures"),
    path("closures/new/", team.closure_new, name="closure_new"),
    path("closures/region/", team.closure_region, name="closure_region"),
    path("closures/<uuid:pk>/withdraw/", team.closure_withdraw, name="closure_withdraw"),
    path("country/", team.country, name="country"),
    path("country/rest/", team.weekly_rest, name="weekly_rest"),
    path("country/new/", team.country_day_new, name="country_day_new"),
    path("country/<uuid:pk>/withdraw/", team.country_day_withdraw, name="country_day_withdraw"),
    path("mine/", team.mine, name="mine"),
    path("mine/skills/", team.my_profile, name="my_profile"),
    path("mine/absence/", team.my_absence, name="my_absence"),
    path("mine/conflict/", team.my_conflict, name="my_conflict"),
    path("mine/declared/", team.my_declaration, name="my_declaration"),
    path("mine/conflicts/<uuid:pk>/end/", team.conflict_end, name="conflict_end"),
    path("mine/calendar/", team.my_feed, name="my_feed"),
    path("mine/calendar/stop/", team.my_feed_stop, name="my_feed_stop"),
    path("calendar/<str:feed_token>.ics", team.feed, name="feed"),
]
