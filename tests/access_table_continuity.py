"""The continuity audit's part of the access table: its people, and who of them may open what."""

from tests.access_table_lines import line

PRISON = {"prison"}
SERVICES = {"SPOC", "community provider"}
COMMISSIONERS = {"LA commissioner", "secure commissioner"}
PROVIDERS_ELSEWHERE = {"prison elsewhere", "SPOC elsewhere"}
CONTINUITY = PRISON | SERVICES | COMMISSIONERS | {"analysis lead", "facilitator"} | PROVIDERS_ELSEWHERE
AUDIT_PROVIDERS = PRISON | SERVICES | PROVIDERS_ELSEWHERE
AUDIT_ONLOOKERS = COMMISSIONERS | {"analysis lead"}
TAKES_PART = CONTINUITY | {"administrator"}
SIDES = {"prison", "SPOC"}
ON_THE_PATHWAY = PRISON | SERVICES | COMMISSIONERS | {"analysis lead", "administrator"}


STRANGERS = (CONTINUITY - ON_THE_PATHWAY) | {
    "lead",
    "editor",
    "submitter",
    "signer",
    "provider viewer",
    "commissioner lead",
    "reviewer",
    "commissioner viewer",
    "regional viewer",
    "lead elsewhere",
    "commissioner lead elsewhere",
    "regional viewer elsewhere",
    "user administrator",
    "user administrator elsewhere",
    "nobody",
}


def of_a_pathway(method, may):
    """A page about one prison and one service: for who is not on that pathway it does not exist."""
    return line(method, may, STRANGERS)


PARTIES = PRISON | SERVICES
EVERYBODY_ELSE = STRANGERS | (ON_THE_PATHWAY - PRISON)


def of_a_referral(method, may):
    """A page about one live referral: for who is not one of its two parties it does not exist."""
    return line(method, may, STRANGERS | (ON_THE_PATHWAY - PARTIES))


CONTINUITY_ROUTES = {
    # the SPOC directory, and what services offer
    "continuity:spoc_entries": line("GET", TAKES_PART),
    "continuity:spoc_download": line("POST", TAKES_PART),
    "continuity:spoc_entry": line("GET", TAKES_PART),
    "continuity:edit_spoc_entry": line("GET", {"SPOC", "SPOC elsewhere"}),
    "continuity:confirm_spoc_entry": line("POST", {"SPOC"}, {"SPOC elsewhere"}),
    "continuity:offer": line("GET", TAKES_PART),
    "continuity:edit_offer": line("GET", SERVICES | {"SPOC elsewhere"}),
    "continuity:guide": line("GET", TAKES_PART),
    # referral protocols
    "continuity:protocols": line("GET", TAKES_PART),
    "continuity:propose_protocol": line("GET", SIDES | PROVIDERS_ELSEWHERE),
    "continuity:protocol": of_a_pathway("GET", ON_THE_PATHWAY),
    "continuity:change_protocol": of_a_pathway("GET", SIDES),
    "continuity:agree_protocol": of_a_pathway("POST", SIDES),
    # the published indicator
    "continuity:indicator": line("GET", TAKES_PART),
    "continuity:indicator_download": line("POST", TAKES_PART),
    "continuity:indicator_trend": line("GET", TAKES_PART),
    "continuity:import_indicator": line("GET", COMMISSIONERS | {"administrator"}),
    "continuity:add_practice_change": line("GET", COMMISSIONERS | {"administrator"} | SERVICES),
    # live referrals
    "continuity:referrals": line("GET", PARTIES | PROVIDERS_ELSEWHERE),
    "continuity:begin_referral": line("GET", PRISON | {"prison elsewhere"}),
    "continuity:referral": of_a_referral("GET", PARTIES),
    "continuity:referral_section": of_a_referral("GET", PRISON),
    "continuity:send_referral": line("GET", PRISON, EVERYBODY_ELSE),  # a draft, which the prison alone knows of
    "continuity:withdraw_referral": of_a_referral("GET", PRISON),
    "continuity:receive_referral": of_a_referral("POST", SERVICES),
    "continuity:acknowledge_referral": of_a_referral("GET", SERVICES),
    "continuity:change_release": of_a_referral("GET", PRISON),
    "continuity:correct_release": of_a_referral("GET", PRISON),
    "continuity:acknowledge_changes": of_a_referral("POST", SERVICES),
    "continuity:add_contact": of_a_referral("GET", SERVICES),
    "continuity:remove_contact": of_a_referral("POST", SERVICES),
    "continuity:add_appointment": of_a_referral("GET", PARTIES),
    "continuity:record_outcome": of_a_referral("GET", SERVICES),
    "continuity:remove_appointment": of_a_referral("POST", PARTIES),
    "continuity:add_follow_up": of_a_referral("GET", SERVICES),
    "continuity:remove_follow_up": of_a_referral("POST", SERVICES),
    "continuity:no_follow_up": of_a_referral("GET", SERVICES),
}
# What these pages show of a person is written down when it is read
CONTINUITY_READS = (
    {"continuity:referral", "continuity:referral_section"}
    | {f"audits:{name}" for name in ("left_out", "sheet", "assign", "row", "grid", "filled_checklist", "sheet_upload")}
    | {
        f"audits:{name}"
        for name in ("row_findings", "upload_findings", "missing_rows", "audit_list", "extract_findings")
    }
)
