"""The demonstration centre: two months of a believable centre and today's queues, the same for the same day."""

from .build import Loaded, load
from .people import PASSWORD

__all__ = ["PASSWORD", "Loaded", "load"]
