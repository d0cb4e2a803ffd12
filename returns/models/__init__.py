"""The life of a return, whatever its kind: who owes it, where it stands, what was submitted, what was found."""

from returns.models.actions import Action
from returns.models.attachments import Attachment, Note
from returns.models.escalations import Escalation, EscalationStep, Ladder
from returns.models.headcounts import PublishedHeadcount
from returns.models.peers import PeerFigure
from returns.models.periods import Collection, Period, Standard
from returns.models.proformas import Proforma
from returns.models.queries import Message, Query
from returns.models.rebases import Rebase
from returns.models.releases import Export, Release, ReleaseInput
from returns.models.reminders import Reminder, ReminderRun
from returns.models.reviews import ChecklistAnswer, Proposal, Review, ReviewingChoice
from returns.models.submissions import (
    Explanation,
    Extension,
    Participant,
    ReturnContent,
    Section,
    SignOff,
    Submission,
    column,
)
from returns.models.uploads import Upload
from returns.models.versions import (
    Check,
    Delivery,
    Finding,
    Measure,
    Score,
    Version,
    VersionContent,
    never_changes,
)
from returns.models.visits import Visit
from returns.models.waivers import Waiver

__all__ = [
    "Waiver",
    "Visit",
    "Ladder",
    "EscalationStep",
    "Escalation",
    "Note",
    "Attachment",
    "Action",
    "Check",
    "ChecklistAnswer",
    "Collection",
    "Delivery",
    "Explanation",
    "Export",
    "Extension",
    "Finding",
    "Measure",
    "Message",
    "Participant",
    "PeerFigure",
    "Period",
    "Proforma",
    "Rebase",
    "Proposal",
    "PublishedHeadcount",
    "Query",
    "Release",
    "ReleaseInput",
    "Reminder",
    "ReminderRun",
    "ReturnContent",
    "Review",
    "ReviewingChoice",
    "Score",
    "Section",
    "SignOff",
    "Standard",
    "Submission",
    "Upload",
    "Version",
    "VersionContent",
    "column",
    "never_changes",
]
