"""Files that belong to a step of an escalation, to an action or to a visit: kept, and sent out with a Release."""

from journal import events
from returns import outgoing, stored_files
from returns.models import Attachment

KINDS = ("pdf", "docx", "xlsx", "pptx", "png", "jpg", "csv")
LIMIT = 10_000_000
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.png,.jpg,.jpeg,.csv,.txt"


def attach(uploaded, *, to, by, at, note=None, visit=None):
    """Keeps a file that a form brought for a note or a visit; `to` is what the event is about, as (type, id).

    Raises Refused with a sentence where the file is of another kind or too large.
    """
    stored = stored_files.store(uploaded, kinds=KINDS, limit=LIMIT)
    row = Attachment.objects.create(
        note=note,
        visit=visit,
        name=stored.name,
        stored_as=stored.stored_as,
        sha256=stored.sha256,
        size=stored.size,
        kind=stored.kind,
        brought_by=by,
        brought_at=at,
    )
    events.record("file added", subject=to, by=by, at=at, detail={"attachment": str(row.uuid), "sha256": row.sha256})
    return row


def hand_over(attachment, *, by, at):
    """The answer that hands the file over, once its release is written down."""
    outgoing.send_out(
        kind="document",
        name=attachment.name,
        data=stored_files.content_of(attachment),
        recipient=by.organisation.name,
        policy="party to the matter",
        rows=1,
        versions=[],
        by=by,
        at=at,
    )
    return stored_files.attachment(attachment)
