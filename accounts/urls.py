from django.urls import path

from accounts.views import joining, me, organisations, people, submitters

app_name = "accounts"

urlpatterns = [
    path("me/", me.me, name="me"),
    path("me/typed/<uuid:uuid>/forget/", me.forget_typed, name="forget_typed"),
    path("me/activity/", me.my_activity, name="my_activity"),
    path("seats/", me.choose_seat, name="seats"),
    path("seats/switch/", me.switch_seat, name="switch_seat"),
    path("roles/", me.roles, name="roles"),
    path("people/", people.people, name="people"),
    path("people/<int:number>/end/", people.end_membership, name="end_membership"),
    path("invitations/<uuid:uuid>/withdraw/", people.withdraw_invitation, name="withdraw_invitation"),
    path("invitations/<uuid:uuid>/send-again/", people.send_invitation_again, name="send_invitation_again"),
    path("organisations/", organisations.organisation_list, name="organisations"),
    path("organisations/<str:code>/", organisations.organisation, name="organisation"),
    path("organisations/<str:code>/people/", people.people_of, name="people_of"),
    path("organisations/<str:code>/people/invite/", people.invite, name="invite"),
    path("organisations/<str:code>/invitations/", people.invitations_of, name="invitations"),
    path("organisations/<str:code>/traits/", organisations.set_trait, name="set_trait"),
    path("traits/<int:number>/end/", organisations.end_trait, name="end_trait"),
    path(
        "organisations/<str:code>/lead-commissioner/",
        organisations.set_lead_commissioner,
        name="set_lead_commissioner",
    ),
    path("organisations/<str:code>/email-domains/", organisations.set_email_domains, name="set_email_domains"),
    path("organisations/<str:code>/submitters/", submitters.submitters_of, name="submitters"),
    path("organisations/<str:code>/submitters/add/", submitters.add, name="add_submitter"),
    path("submitters/", submitters.ours, name="our_submitters"),
    path("submitters/<int:number>/swap/", submitters.swap, name="swap_submitter"),
    path("submitters/requests/<int:number>/", submitters.submitter_request, name="submitter_request"),
    path("help/sdcs-registration/", submitters.registration_help, name="sdcs_registration"),
    path("invitation/<str:token>/", joining.accept_invitation, name="accept_invitation"),
    path("demo/", joining.demonstration_sign_in, name="demonstration"),
]
