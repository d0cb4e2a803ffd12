"""The continuity-of-care audit and what goes on between audits."""

from continuity.models.analyses import AuditAction, AuditFigures, AuditFinding, Recommendation
from continuity.models.areas import Area
from continuity.models.audits import TOPICS, Audit, Meeting, Pair, Party, PathwayTopic, SharingAgreement
from continuity.models.directory import Offer, SpocChange, SpocEntry
from continuity.models.extracts import ColumnMap, Extract
from continuity.models.indicator import IndicatorValue, PracticeChange
from continuity.models.people import Identity
from continuity.models.protocols import Protocol
from continuity.models.queries import RowMessage, RowQuery
from continuity.models.referrals import (
    LivePerson,
    LiveReferral,
    ReferralAppointment,
    ReferralContact,
    ReferralFollowUp,
    ReleaseChange,
)
from continuity.models.row_findings import ExtractFinding, RowFinding
from continuity.models.sheets import Referral, Sheet
from continuity.models.uploads import SheetUpload

__all__ = [
    "TOPICS",
    "Area",
    "Audit",
    "AuditAction",
    "AuditFigures",
    "AuditFinding",
    "ColumnMap",
    "Extract",
    "ExtractFinding",
    "Identity",
    "IndicatorValue",
    "LivePerson",
    "LiveReferral",
    "Meeting",
    "Offer",
    "Pair",
    "Party",
    "PathwayTopic",
    "PracticeChange",
    "Protocol",
    "Recommendation",
    "Referral",
    "ReferralAppointment",
    "ReferralContact",
    "ReferralFollowUp",
    "ReleaseChange",
    "RowFinding",
    "RowMessage",
    "RowQuery",
    "SharingAgreement",
    "Sheet",
    "SheetUpload",
    "SpocChange",
    "SpocEntry",
]
