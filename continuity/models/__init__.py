"""The continuity-of-care audit and what goes on between audits."""

from continuity.models.areas import Area

__all__ = ["Area"]
