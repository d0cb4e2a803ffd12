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
}
