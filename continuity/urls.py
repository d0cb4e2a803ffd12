"""Routes of the continuity audit and of what goes on between audits."""

from django.urls import path

from continuity.views import directory, guide, indicator, protocols, referral_acts, referrals

app_name = "continuity"
PLACE = "<str:measure>/<int:months>/<str:prison>/<str:area>"  # a dash for every prison, or every area
urlpatterns = [
    path("spoc/", directory.entries, name="spoc_entries"),
    path("spoc/download/", directory.download, name="spoc_download"),
    path("spoc/edit/", directory.edit_entry, name="edit_spoc_entry"),
    path("spoc/confirm/", directory.confirm_entry, name="confirm_spoc_entry"),
    path("spoc/<str:code>/", directory.entry, name="spoc_entry"),
    path("offers/edit/", directory.edit_offer, name="edit_offer"),
    path("offers/<str:code>/", directory.offer, name="offer"),
    path("scenarios/", guide.guide, name="guide"),
    path("protocols/", protocols.protocol_list, name="protocols"),
    path("protocols/new/", protocols.propose, name="propose_protocol"),
    path("protocols/<uuid:uuid>/", protocols.protocol, name="protocol"),
    path("protocols/<uuid:uuid>/change/", protocols.change, name="change_protocol"),
    path("protocols/<uuid:uuid>/agree/", protocols.agree, name="agree_protocol"),
    path("indicator/", indicator.overview, name="indicator"),
    path("indicator/download/", indicator.download, name="indicator_download"),
    path("indicator/import/", indicator.bring_in, name="import_indicator"),
    path(f"indicator/{PLACE}/", indicator.trend, name="indicator_trend"),
    path(f"indicator/{PLACE}/changes/", indicator.add_change, name="add_practice_change"),
    path("referrals/", referrals.referral_list, name="referrals"),
    path("referrals/new/", referrals.begin, name="begin_referral"),
    path("referrals/<uuid:uuid>/", referrals.referral, name="referral"),
    path("referrals/<uuid:uuid>/form/<slug:slug>/", referrals.section, name="referral_section"),
    path("referrals/<uuid:uuid>/send/", referrals.send, name="send_referral"),
    path("referrals/<uuid:uuid>/withdraw/", referrals.withdraw, name="withdraw_referral"),
    path("referrals/<uuid:uuid>/receive/", referral_acts.receive, name="receive_referral"),
    path("referrals/<uuid:uuid>/acknowledge/", referral_acts.acknowledge, name="acknowledge_referral"),
    path("referrals/<uuid:uuid>/release/", referral_acts.change_release, name="change_release"),
    path("referrals/<uuid:uuid>/release/correct/", referral_acts.correct_release, name="correct_release"),
    path("referrals/<uuid:uuid>/release/acknowledge/", referral_acts.acknowledge_changes, name="acknowledge_changes"),
    path("referrals/<uuid:uuid>/contacts/", referral_acts.add_contact, name="add_contact"),
    path("referrals/<uuid:uuid>/contacts/<int:pk>/remove/", referral_acts.remove_contact, name="remove_contact"),
    path("referrals/<uuid:uuid>/appointments/", referral_acts.add_appointment, name="add_appointment"),
    path("referrals/<uuid:uuid>/appointments/<int:pk>/", referral_acts.record_outcome, name="record_outcome"),
    path(
        "referrals/<uuid:uuid>/appointments/<int:pk>/remove/",
        referral_acts.remove_appointment,
        name="remove_appointment",
    ),
    path("referrals/<uuid:uuid>/follow-up/", referral_acts.add_follow_up, name="add_follow_up"),
    path("referrals/<uuid:uuid>/follow-up/<int:pk>/remove/", referral_acts.remove_follow_up, name="remove_follow_up"),
    path("referrals/<uuid:uuid>/no-follow-up/", referral_acts.no_follow_up, name="no_follow_up"),
]
