"""The workbook of a return, for those who fill it in away from the portal."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from returns import findings, outgoing, permissions, workbooks
from returns.registry import type_of
from returns.views.access import require, submission_for
from returns.views.exporting import OWN_POLICY, XLSX


@require_GET
def download(request, uuid):
    """The template of this organisation and period, filled with the working copy."""
    submission = submission_for(request, uuid)
    require(permissions.can_see_working_copy(request.seat, submission))
    answers, context, _ = findings.look_at(submission)
    return_type = type_of(submission)
    identity = workbooks.identity_of(submission, return_type, context.traits)
    data = workbooks.template(return_type, identity, answers, context.previous)
    name = f"{return_type.slug}-{submission.subject.code}-{submission.period.key}.xlsx"
    outgoing.send_out(
        kind="workbook",
        name=name,
        data=data,
        recipient=request.seat.organisation.name,
        policy=OWN_POLICY,
        rows=1,
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=XLSX, headers=headers)
