"""Is this a person's own work address? The national collection service accepts no team and no private mailboxes.

Pure: no database, no settings. Source: SDCS account rules, "only personal work e-mail addresses".
"""

import re


def _words(text):
    return frozenset(text.split())


# The first word of an address that belongs to a team, not to a person
TEAM_WORDS = _words(
    """
    accounts admin administration administrator admissions appointments assurance audit booking bookings business
    clinic comms communications compliance contact corporate customer data dataquality duty enquiries enquiry feedback
    finance foi general governance group help helpdesk hello hr info information inbox it mail mailbox manager
    noreply office operations patient patientsafety performance postmaster prevent quality
    reception referral referrals reporting reports returns safeguarding secretary service services shared staff
    submissions support team training webmaster
    """
)
# Providers of private mailboxes
PRIVATE_DOMAINS = _words(
    """
    aol.com btinternet.com gmail.com googlemail.com gmx.com hotmail.com hotmail.co.uk icloud.com live.co.uk live.com
    mail.com me.com msn.com outlook.com proton.me protonmail.com sky.com talktalk.net virginmedia.com yahoo.co.uk
    yahoo.com ymail.com
    """
)
_SEPARATORS = re.compile(r"[._\-+]")


def is_team_mailbox(address):
    """Whether the part before the @ is a team's name, alone or as its first word: safeguarding.team@trust.example."""
    local = address.partition("@")[0].strip().casefold()
    first = _SEPARATORS.split(local)[0]
    return first in TEAM_WORDS or local in {"no-reply", "do-not-reply", "donotreply"}


def is_private_mailbox(address):
    return domain_of(address) in PRIVATE_DOMAINS


def domain_of(address):
    return address.rpartition("@")[2].strip().casefold()


def is_in_domains(address, domains):
    """Whether the address is in one of the domains or below it; an empty list lets every domain in."""
    domain = domain_of(address)
    return not domains or any(domain == allowed or domain.endswith(f".{allowed}") for allowed in domains)
