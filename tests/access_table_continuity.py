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

CONTINUITY_ROUTES = {
    # the SPOC directory, and what services offer
    "continuity:spoc_entries": line("GET", TAKES_PART),
    "continuity:spoc_download": line("POST", TAKES_PART),
    "continuity:spoc_entry": line("GET", TAKES_PART),
    "continuity:edit_spoc_entry": line("GET", {"SPOC", "SPOC elsewhere"}),
    "continuity:confirm_spoc_entry": line("POST", {"SPOC"}, {"SPOC elsewhere"}),
    "continuity:offer": line("GET", TAKES_PART),
    "continuity:edit_offer": line("GET", SERVICES | {"SPOC elsewhere"}),
}
