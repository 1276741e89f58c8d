"""Who is to be reminded of what (§7, §9): asked of the apps below, told in counts that the reader may know (§4)."""

from .all import KINDS_ASKED, Asked, ask_all

__all__ = ["KINDS_ASKED", "Asked", "ask_all"]
