"""The continuity audit as a value: one collection an audit, one submission a sheet, its content the rows of the sheet."""

from continuity import findings_list, findings_report, row_findings, working_rows
from continuity.recording_rules import RULES
from continuity.roles import RETURN_TYPE, ROLES
from returns.return_type import Beside, ReturnType, RowsSpec, Signature
from returns.rules import Rule, RuleBook

RULEBOOK = RuleBook("continuity-1")
RULEBOOK.rules = {
    rule.code: Rule(
        code=rule.code,
        severity=working_rows.SEVERITY[rule.severity],
        title=rule.title,
        fields=rule.columns,
        compared_with=(),
        standards=(),
        remedy=rule.remedy,
        source=rule.source,
        each={},
        even_if_missing=True,
        applies=None,
        check=rule.fires,
    )
    for rule in RULES.values()
}

CONTINUITY = ReturnType(
    slug=RETURN_TYPE,
    title="Continuity of care audit",
    short_title="Continuity audit",
    roles=ROLES,
    rulebook=RULEBOOK,
    owes=lambda kind, traits: False,  # a sheet is released to its service, not owed by it
    rows=RowsSpec(
        read=working_rows.read,
        to_payload=working_rows.to_payload,
        from_payload=working_rows.from_payload,
        check=working_rows.check,
        page="audits:sheet",
        judge=row_findings.judge,
        owes=working_rows.owes,
    ),
    measures=working_rows.measures,
    paper=findings_report.on_paper,
    listing=findings_list.listing,
    signature=lambda kind, settings: Signature.NONE,
    asks_reasons=False,
    beside=Beside(
        routes={"continuity/": "continuity.urls", "audits/": "continuity.audit_urls"},
        menu=("continuity.navigation.entries",),
        needs=("continuity.needs.of",),
        chores=(
            "continuity.directory.chase_unconfirmed",
            "continuity.referrals.purge_due",
            "continuity.referrals.forget_links_due",
            "continuity.analyses.count_waiting",
            "continuity.extracts.read_waiting",
            "continuity.extracts.forget_unnamed",
            "continuity.sheet_uploads.read_waiting",
            "continuity.sheet_uploads.expire",
            "continuity.sheets.expire",
            "continuity.sheets.purge_due",
            "continuity.ageing.judge_aged",
        ),
    ),
)
