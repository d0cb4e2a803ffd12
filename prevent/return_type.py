"""The quarterly Prevent return as a value: all that the kernel needs to know about it."""

from accounts.models import TRUSTS, Organisation, Trait
from prevent import national_files
from prevent.ladder import LADDER
from prevent.models import PreventReturn
from prevent.questions import SECTIONS
from prevent.reviewing import CHECKLIST, LOOKS, PERFORMANCE_RULES
from prevent.roles import OPERATIONAL_LEAD, ROLES
from prevent.rules import rules
from prevent.scoring import MEASURES, SCORED, measures, score
from prevent.standards import STANDARDS
from returns.return_type import NationalFiles, ReturnType, ReviewSpec, Signature, WorkbookSpec

OTHER_PROVIDERS = {Organisation.Kind.INDEPENDENT_PROVIDER, Organisation.Kind.OTHER_PROVIDER}


def is_trust(kind):
    return kind in TRUSTS


def owes(kind, traits):
    """Trusts by law; other providers where they hold the NHS Standard Contract (Service Condition 32)."""
    return is_trust(kind) or (kind in OTHER_PROVIDERS and Trait.HOLDS_NHS_STANDARD_CONTRACT in traits)


def signature(kind, settings):
    """A trust's return is signed by somebody who did not prepare it; the collection may ask the same of others."""
    if is_trust(kind) or settings.get("other_kinds_need_another_signer"):
        return Signature.ANOTHER_PERSON
    return Signature.ONE


def lead_of(answers):
    """Whom to ask for the next return: the operational lead that this one names, or None."""
    if answers.operational_lead_email:
        return answers.operational_lead_name or "", answers.operational_lead_email


PREVENT = ReturnType(
    slug="prevent",
    title="Quarterly Prevent return",
    short_title="Prevent",
    roles=ROLES,
    sections=SECTIONS,
    content_model=PreventReturn,
    rulebook=rules,
    owes=owes,
    score=score,
    scored=SCORED,
    measures=measures,
    measure_specs=MEASURES,
    standards=STANDARDS,
    signature=signature,
    needs_submitter=is_trust,
    review=ReviewSpec(CHECKLIST, LOOKS, PERFORMANCE_RULES, headcount_question="staff_total"),
    ladder=LADDER,
    workbook=WorkbookSpec(version="1.0", file_bytes=5_000_000, unpacked_bytes=20_000_000, rows=200, columns=20),
    national_files=NationalFiles(
        title="SDCS",
        applies=is_trust,
        files=national_files.files,
        file_pattern=national_files.file_pattern,
        proforma=national_files.proforma_for,
        forms=national_files.proformas,
        placed=national_files.placed,
        form_about=national_files.ABOUT,
        form_answers=national_files.ANSWERS,
        form_list=national_files.ACTION_PLAN,
        lead_of=lead_of,
        lead_role=OPERATIONAL_LEAD,
    ),
)
