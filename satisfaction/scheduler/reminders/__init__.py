"""Reminders computed from the apps below, as counts that their readers may know (domain §4)."""

from .all import REMINDER_KINDS, DueReminders, find_due_reminders

__all__ = ["REMINDER_KINDS", "DueReminders", "find_due_reminders"]
