"""What a referral must tell as a minimum. Source: guidance of 2018, recommendation 1.

The first six are the guidance's minimum and belong to every protocol; the last two are what it says a form could hold.
"""

ALWAYS = {
    "NEEDS": "Substance misuse needs",
    "TREATMENT": "Treatment received in prison",
    "MENTAL_HEALTH": "Mental health needs",
    "HOUSING": "Housing needs",
    "RELEASE_DATE": "Expected release date",
    "CONTACT": "Contact details in the community, or no fixed abode",
}
BY_AGREEMENT = {
    "RESETTLEMENT": "Contact with resettlement services",
    "LICENCE": "Licence condition to attend treatment",
}
CONTENT = ALWAYS | BY_AGREEMENT
