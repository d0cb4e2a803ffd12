"""Figures, findings and actions of the audit that the access table is about."""

from datetime import timedelta

from django.utils import timezone

from continuity import analyses
from continuity.figures import figures_of
from continuity.measures import Analysis
from continuity.models import AuditFigures
from continuity.tests.audits_made import checked, day, referral
from returns import exports
from returns.models import Export


def analysis_arguments(audit, pair, seats):
    """What the addresses of the findings' routes need: figures that are shared, a finding, an action of the prison."""
    now, by = timezone.now(), seats["LA commissioner"]
    make_figures(audit, pair, by, now)
    written = {
        "kind": "GAP",
        "text": "Referrals come by fax.",
        "measure": "M06",
        "where": "Larkmoor",
        "recommendation": 7,
    }
    finding = analyses.write_finding(audit, **written, by=by, at=now)
    plan = {"what": "Use secure email.", "owner": seats["prison"].organisation, "recommendation": 7}
    action = analyses.plan_action(audit, **plan, due_on=timezone.localdate(now) + timedelta(days=60), by=by, at=now)
    one = {"uuid": audit.uuid}
    pdf = exports.ask(audit.period, by=by, at=now, kind=Export.Kind.REPORT)
    Export.objects.filter(pk=pdf.pk).update(state=Export.State.STUCK)  # making a PDF takes a second
    return {
        **{f"audits:{name}": [{"uuid": pdf.uuid}] for name in ("findings_file", "findings_file_download")},
        "audits:remove_finding": [one | {"number": finding.pk}],
        "audits:action": [one | {"number": action.pk}],
    }


def make_figures(audit, pair, by, now, people=60):
    """Shared figures of invented people, as a worker would have counted them."""
    answers = (
        {},
        {"C33": day(22)},
        {"C01": "No"},
        {"C24": "DNA", "C26": "No", "C30": "No", "C31": "Moved"},
        {"C03": "Fax"},
    )
    rows = [referral(number, P02=f"S{number:04}", **answers[number % len(answers)]) for number in range(people)]
    content = figures_of(Analysis(checked(*rows)))
    return AuditFigures.objects.create(
        audit=audit,
        asked_by=by.person,
        asked_at=now,
        counted_at=now,
        state=AuditFigures.State.COUNTED,
        shared_at=now,
        shared_by=by.person,
        sheets=1,
        referrals=people,
        content={"all": content, str(pair.pk): content},
    )
