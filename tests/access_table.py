"""Who may open what: every route of the resolver, one line each. A route without a line fails the tests.

may        gets an answer (a page, or a redirect within the portal)
forbidden  is told 403: may know of the thing, not do this
missing    is told 404: as if it were not there
Signed out, everything but the open routes leads to the sign-in page; without a second factor, to setting one up.
"""

from tests.access_table_audits import audit_routes
from tests.access_table_continuity import AUDIT_ONLOOKERS, AUDIT_PROVIDERS, CONTINUITY, CONTINUITY_ROUTES
from tests.access_table_lines import FACTORS, OPEN, line

OWN_FILLERS = {"lead", "editor", "submitter"}
OWN_READERS = {"signer", "provider viewer"}
OWN = OWN_FILLERS | OWN_READERS
REVIEWERS = {"commissioner lead", "reviewer"}
COMMISSIONER = REVIEWERS | {"commissioner viewer"}
BETWEEN = OWN | COMMISSIONER | {"lead elsewhere", "commissioner lead elsewhere"}
LOOKING_ON = {"regional viewer", "administrator"}
SEES_THE_RETURN = OWN | COMMISSIONER | LOOKING_ON
OTHERS = {
    "lead elsewhere",
    "commissioner lead elsewhere",
    "regional viewer elsewhere",
    "user administrator",
    "user administrator elsewhere",
    "nobody",
} | CONTINUITY
SEES_ESCALATED = SEES_THE_RETURN | {"lead elsewhere", "commissioner lead elsewhere", "regional viewer elsewhere"}
EVERYBODY = SEES_THE_RETURN | OTHERS
SEATED = EVERYBODY - {"nobody"}
ADMINISTRATOR = {"administrator"}
MANAGES_PEOPLE = {"administrator", "user administrator"}

SEES_A_QUARTER = (
    COMMISSIONER | LOOKING_ON | {"commissioner lead elsewhere", "regional viewer elsewhere"} | AUDIT_ONLOOKERS
)


ELSEWHERE = OTHERS - {"user administrator"}


def of_the_organisation(method, may):
    """A page of the provider's organisation: those who may not know of it get 404."""
    return line(method, may, ELSEWHERE)


def of_a_query(method, may):
    """A page of one query: to those who are not a party to the return it is as if it were not there."""
    return line(method, may, OTHERS | LOOKING_ON)


def of_a_return(method, may):
    """A page of one return: those who may not know of it get 404."""
    return line(method, may, OTHERS)


ROUTES = {
    "home": line("GET", EVERYBODY),
    "mailbox": line("GET", EVERYBODY),
    "open_notice": line("POST", {"lead"}, EVERYBODY),
    "mark_all_read": line("POST", EVERYBODY),
    "how_told": line("GET", EVERYBODY),
    "healthz": OPEN,
    "readyz": OPEN,
    "help:index": OPEN,
    "help:about": OPEN,
    "help:accessibility": OPEN,
    "help:definitions": line("GET", EVERYBODY),
    "help:rules": line("GET", EVERYBODY),
    "help:scores": line("GET", EVERYBODY),
    # one return
    "returns:return": of_a_return("GET", SEES_THE_RETURN),
    "returns:section": of_a_return("GET", OWN_FILLERS),
    "returns:workbook": of_a_return("GET", OWN),
    "returns:upload_workbook": of_a_return("GET", OWN_FILLERS),
    "returns:upload": of_a_return("GET", OWN),
    "returns:take_over_upload": of_a_return("POST", OWN_FILLERS),
    "returns:leave_upload": of_a_return("POST", OWN_FILLERS),
    "returns:retry_upload": of_a_return("POST", OWN_FILLERS | ADMINISTRATOR),
    "returns:annotated_copy": of_a_return("GET", OWN),
    "returns:explain": of_a_return("POST", OWN_FILLERS),
    "returns:check_answers": of_a_return("GET", OWN),
    "returns:what_if": of_a_return("GET", OWN),
    "returns:send_for_sign_off": of_a_return("POST", {"submitter"}),
    "returns:sign_off": of_a_return("GET", {"signer"}),
    "returns:decline": of_a_return("POST", {"signer"}),
    "returns:take_back": of_a_return("GET", {"lead", "submitter", "signer"}),
    "returns:receipt": of_a_return("GET", OWN),
    "returns:check_progress": of_a_return("GET", OWN),
    "returns:history": of_a_return("GET", SEES_THE_RETURN),
    "returns:version": of_a_return("GET", SEES_THE_RETURN),
    "returns:version_download": of_a_return("GET", OWN | COMMISSIONER),
    "returns:proforma": of_a_return("GET", {"submitter"}),
    "returns:record_delivery": of_a_return("GET", {"submitter"}),
    "returns:review": of_a_return("GET", SEES_THE_RETURN),
    "returns:start_review": of_a_return("POST", REVIEWERS),
    "returns:checklist": of_a_return("GET", REVIEWERS),
    "returns:verdict": of_a_return("GET", {"commissioner lead"}),
    "returns:confirm_verdict": of_a_return("GET", {"commissioner lead"}),
    "returns:object_to_verdict": of_a_return("GET", {"commissioner lead"}),
    "returns:how_we_review": line("GET", {"commissioner lead", "commissioner lead elsewhere"}),
    "returns:send_back": of_a_return("GET", REVIEWERS),
    "returns:ask_query": of_a_return("GET", REVIEWERS),
    # a query is between the two sides of a return
    "returns:queries": line("GET", BETWEEN),
    "returns:query": of_a_query("GET", OWN | COMMISSIONER),
    "returns:answer_query": of_a_query("POST", OWN_FILLERS),
    "returns:close_query": of_a_query("POST", REVIEWERS),
    "returns:reopen_query": of_a_query("POST", REVIEWERS),
    "returns:hand_on_query": of_a_query("POST", OWN_FILLERS),
    "returns:reopen": of_a_return("GET", {"commissioner lead"}),
    "returns:excuse": of_a_return("GET", {"commissioner lead", "administrator"}),
    "returns:extend": of_a_return("GET", {"commissioner lead", "administrator"}),
    # many returns
    "returns:ours": line("GET", OWN | {"lead elsewhere"} | AUDIT_PROVIDERS),
    "returns:our_trends": line("GET", OWN | {"lead elsewhere"} | AUDIT_PROVIDERS),
    "returns:differences": line("GET", COMMISSIONER | {"commissioner lead elsewhere"}),
    "returns:one_provider": of_a_return("GET", SEES_THE_RETURN),
    "returns:provider": of_a_return("GET", SEES_THE_RETURN),
    "returns:provider_download": of_a_return("POST", OWN | COMMISSIONER),
    "returns:rebase": of_a_return("GET", {"lead", "commissioner lead"}),
    "returns:take_back_rebase": of_a_return("POST", {"lead", "commissioner lead"}),
    "returns:quarter": line(
        "GET",
        COMMISSIONER | LOOKING_ON | {"commissioner lead elsewhere", "regional viewer elsewhere"} | AUDIT_ONLOOKERS,
    ),
    "returns:quarter_download": line(
        "POST",
        COMMISSIONER | LOOKING_ON | {"commissioner lead elsewhere", "regional viewer elsewhere"} | AUDIT_ONLOOKERS,
    ),
    "returns:missing_download": line(
        "POST",
        COMMISSIONER | LOOKING_ON | {"commissioner lead elsewhere", "regional viewer elsewhere"} | AUDIT_ONLOOKERS,
    ),
    "returns:remind": line("GET", REVIEWERS | {"commissioner lead elsewhere"}),
    # what lies between a provider and its commissioner
    "returns:escalate": of_a_return("GET", {"commissioner lead"}),
    "returns:escalations": line("GET", SEES_ESCALATED),
    "returns:escalation": of_a_return("GET", SEES_THE_RETURN),
    "returns:move_escalation": of_a_return("GET", {"commissioner lead"}),
    "returns:answer_escalation": of_a_return("GET", {"commissioner lead", "lead", "signer"}),
    "returns:give_escalation": of_a_return("GET", {"commissioner lead"}),
    "returns:close_escalation": of_a_return("GET", {"commissioner lead"}),
    "returns:actions": line("GET", SEES_ESCALATED),
    "returns:actions_download": line("POST", OWN | COMMISSIONER | {"lead elsewhere", "commissioner lead elsewhere"}),
    "returns:action": of_a_return("GET", SEES_THE_RETURN),
    "returns:add_action": of_a_return("GET", {"lead"} | REVIEWERS),
    "returns:take_over_actions": of_a_return("POST", OWN_FILLERS),
    "returns:progress_action": of_a_return("GET", OWN_FILLERS | {"signer"} | REVIEWERS),
    "returns:change_action": of_a_return("GET", REVIEWERS),
    "returns:close_action": of_a_return("GET", REVIEWERS),
    "returns:keep_action_open": of_a_return("GET", REVIEWERS),
    "returns:record_visit": of_a_return("GET", REVIEWERS),
    "returns:visits": line("GET", SEES_ESCALATED),
    "returns:visit": of_a_return("GET", SEES_THE_RETURN),
    "returns:change_visit": of_a_return("GET", REVIEWERS),
    "returns:ask_waiver": of_a_return("GET", {"lead"} | REVIEWERS),
    "returns:waivers": line("GET", SEES_ESCALATED),
    "returns:waiver": of_a_return("GET", SEES_THE_RETURN),
    "returns:decide_waiver": of_a_return("GET", {"commissioner lead", "administrator"}),
    "returns:end_waiver": of_a_return("GET", {"commissioner lead", "administrator"}),
    "returns:ladders": line("GET", SEES_ESCALATED),
    "returns:new_ladder": line("GET", ADMINISTRATOR),
    "returns:document": of_a_return("GET", OWN | COMMISSIONER),
    "returns:report": line("GET", SEES_A_QUARTER),
    "returns:report_download": line("POST", SEES_A_QUARTER),
    "returns:report_file": line("GET", {"commissioner lead"}, SEES_A_QUARTER),
    "returns:report_file_download": line("GET", {"commissioner lead"}, SEES_A_QUARTER),
    # running the collection
    "returns:periods": line("GET", ADMINISTRATOR),
    "returns:open_period": line("POST", ADMINISTRATOR),
    "returns:period": line("GET", ADMINISTRATOR),
    "returns:period_dates": line("GET", ADMINISTRATOR),
    "returns:non_submitters": line("GET", ADMINISTRATOR),
    "returns:ask_export": line("POST", ADMINISTRATOR),
    **{
        f"returns:{name}": line(method, ADMINISTRATOR)
        for method, name in (
            ("GET", "proformas"),
            ("GET", "upload_proforma"),
            ("GET", "proforma_version"),
            ("GET", "preview_proforma"),
            ("POST", "make_proforma_current"),
            ("POST", "withdraw_proforma"),
            ("GET", "proforma_workbook"),
            ("GET", "proforma_map"),
        )
    },
    "returns:headcounts": line("GET", ADMINISTRATOR),
    "returns:exports": line("GET", ADMINISTRATOR),
    "returns:export": line("GET", ADMINISTRATOR),
    "returns:export_download": line("GET", ADMINISTRATOR),
    "returns:log": line("GET", ADMINISTRATOR),
    "returns:stuck": line("GET", ADMINISTRATOR),
    "returns:retry": line("POST", ADMINISTRATOR),
    # people and organisations
    "accounts:me": line("GET", EVERYBODY),
    "accounts:forget_typed": line("POST", {"lead"}, EVERYBODY),
    "accounts:my_activity": line("GET", EVERYBODY),
    "accounts:seats": line("GET", EVERYBODY),
    "accounts:switch_seat": line("POST", set(), EVERYBODY),
    "accounts:roles": line("GET", EVERYBODY),
    "accounts:people": line("GET", MANAGES_PEOPLE | {"user administrator elsewhere"}),
    "accounts:our_submitters": line("GET", SEATED),
    "accounts:people_of": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:invite": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:invitations": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:withdraw_invitation": of_the_organisation("POST", MANAGES_PEOPLE),
    "accounts:send_invitation_again": of_the_organisation("POST", MANAGES_PEOPLE),
    "accounts:end_membership": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:organisations": line("GET", EVERYBODY),
    "accounts:organisation": of_the_organisation("GET", SEES_THE_RETURN | {"user administrator"}),
    "accounts:set_trait": of_the_organisation("GET", ADMINISTRATOR),
    "accounts:end_trait": of_the_organisation("GET", ADMINISTRATOR),
    "accounts:set_lead_commissioner": of_the_organisation("GET", ADMINISTRATOR),
    "accounts:set_email_domains": of_the_organisation("GET", ADMINISTRATOR),
    "accounts:submitters": of_the_organisation("GET", OWN | MANAGES_PEOPLE),
    "accounts:submitter_request": of_the_organisation("GET", OWN | MANAGES_PEOPLE),
    "accounts:add_submitter": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:swap_submitter": of_the_organisation("GET", MANAGES_PEOPLE),
    "accounts:sdcs_registration": OPEN,
    "accounts:accept_invitation": OPEN,
    "accounts:demonstration": OPEN,
    **CONTINUITY_ROUTES,
    **audit_routes(EVERYBODY),
    # signing in; each person's own
    **dict.fromkeys(
        (
            "account_login",
            "account_logout",
            "account_inactive",
            "account_reauthenticate",
            "account_change_password",
            "account_set_password",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key",
            "account_reset_password_from_key_done",
            "mfa_index",
            "mfa_authenticate",
            "mfa_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_list_webauthn",
            "mfa_add_webauthn",
            "mfa_login_webauthn",
            "mfa_reauthenticate_webauthn",
            "mfa_edit_webauthn",
            "mfa_remove_webauthn",
            "usersessions_list",
        ),
        FACTORS,
    ),
}
