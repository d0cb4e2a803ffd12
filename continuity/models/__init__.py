"""The continuity-of-care audit and what goes on between audits."""

from continuity.models.areas import Area
from continuity.models.directory import Offer, SpocChange, SpocEntry
from continuity.models.protocols import Protocol

__all__ = ["Area", "Offer", "Protocol", "SpocChange", "SpocEntry"]
