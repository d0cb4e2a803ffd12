"""The continuity audit's part of the access table: its people, and who of them may open what."""

PRISON = {"prison"}
SERVICES = {"SPOC", "community provider"}
COMMISSIONERS = {"LA commissioner", "secure commissioner"}
PROVIDERS_ELSEWHERE = {"prison elsewhere", "SPOC elsewhere"}
CONTINUITY = PRISON | SERVICES | COMMISSIONERS | {"analysis lead", "facilitator"} | PROVIDERS_ELSEWHERE
AUDIT_PROVIDERS = PRISON | SERVICES | PROVIDERS_ELSEWHERE
AUDIT_ONLOOKERS = COMMISSIONERS | {"analysis lead"}
