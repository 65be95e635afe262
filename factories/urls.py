"""Addresses of this app."""

from __future__ import annotations

from django.urls import path

from .views import committees, cycles, factories, imports

app_name = "factories"
urlpatterns = [
    path("", factories.factory_list, name="list"),
    path("new/", factories.factory_new, name="new"),
    path("mine/", factories.factory_mine, name="mine"),
    path("groups/", factories.group_list, name="groups"),
    path("groups/new/", factories.group_form, name="group_new"),
    path("groups/<uuid:pk>/", factories.group_form, name="group"),
    path("import/", imports.import_list, name="import"),
    path("import/template/", imports.import_template, name="import_template"),
    path("import/<uuid:pk>/", imports.import_batch, name="import_batch"),
    path("import/<uuid:pk>/apply/", imports.import_apply, name="import_apply"),
    path("import/<uuid:pk>/discard/", imports.import_discard, name="import_discard"),
    path("import/<uuid:pk>/rows/<int:number>/", imports.import_row, name="import_row"),
    path("committees/", committees.committee_list, name="committees"),
    path("committees/mine/", committees.my_committee, name="my_committee"),
    path("committees/<uuid:pk>/", committees.committee_page, name="committee"),
    path("committees/<uuid:pk>/members/new/", committees.member_form, name="member_new"),
    path("committees/<uuid:pk>/members/<uuid:member>/", committees.member_form, name="member"),
    path(
        "committees/<uuid:pk>/members/<uuid:member>/leave/",
        committees.member_leave,
        name="member_leave",
    ),
    path("committees/<uuid:pk>/election/", committees.election_form, name="election"),
    path("committees/<uuid:pk>/chair/", committees.chair_form, name="chair"),
    path("committees/<uuid:pk>/filing/", committees.committee_file, name="committee_file"),
    path("committees/<uuid:pk>/end/", committees.committee_dissolve, name="committee_dissolve"),
    path("<uuid:pk>/", factories.factory_detail, name="detail"),
    path("<uuid:pk>/edit/", factories.factory_edit, name="edit"),
    path("<uuid:pk>/edit/<slug:section>/", factories.factory_edit, name="edit_section"),
    path("<uuid:pk>/status/", factories.factory_status, name="status"),
    path("<uuid:pk>/workforce/", factories.factory_workforce, name="workforce"),
    path("<uuid:pk>/contacts/new/", factories.contact_form, name="contact_new"),
    path("<uuid:pk>/contacts/<uuid:contact>/", factories.contact_form, name="contact"),
    path("<uuid:pk>/buyers/new/", factories.buyer_form, name="buyer_new"),
    path("<uuid:pk>/buyers/<uuid:link>/", factories.buyer_step, name="buyer_step"),
    path("<uuid:pk>/merge/", factories.factory_merge, name="merge"),
    path("<uuid:pk>/committee/new/", committees.committee_new, name="committee_new"),
    path("<uuid:pk>/cycle/", cycles.cycle_page, name="cycle"),
    path("<uuid:pk>/cycle/open/", cycles.cycle_open, name="cycle_open"),
    path("<uuid:pk>/cycle/drift/<slug:clock>/", cycles.drift, name="drift"),
]
