"""The continuity-of-care audit and what goes on between audits."""

from continuity.models.areas import Area
from continuity.models.directory import Offer, SpocChange, SpocEntry
from continuity.models.indicator import IndicatorValue, PracticeChange
from continuity.models.protocols import Protocol
from continuity.models.referrals import (
    LivePerson,
    LiveReferral,
    ReferralAppointment,
    ReferralContact,
    ReferralFollowUp,
    ReleaseChange,
)

__all__ = [
    "Area",
    "IndicatorValue",
    "LivePerson",
    "LiveReferral",
    "Offer",
    "PracticeChange",
    "Protocol",
    "ReferralAppointment",
    "ReferralContact",
    "ReferralFollowUp",
    "ReleaseChange",
    "SpocChange",
    "SpocEntry",
]
