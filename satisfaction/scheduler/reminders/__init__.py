"""Who is to be reminded of what (§7, §9): asked of the apps below, told in counts that the reader may know (§4)."""

from .all import REMINDER_KINDS, DueReminders, find_due_reminders

__all__ = ["REMINDER_KINDS", "DueReminders", "find_due_reminders"]
