"""The phone call to the reporter: opening, outcomes, postponing, numbers, correcting, reassigning (§6, §5.7)."""

from .answers import Answers, Contradictory, answers_of
from .calling import Held, OpenedCall, lead_of, open_callback, queue_of, release, stay_on
from .correcting import correct_callback, may_correct
from .drafts import drop_draft, keep_draft
from .guards import AlreadyEnded, may_give_up
from .next_call import claim_next, hours_now, open_or_take
from .numbers import correct_number, end_wrong_numbers, may_correct_number, record_number_shown, show_number
from .outcomes import Attempt, end_unreachable, record_attempt
from .postponing import is_postponed, postpone, postpone_by_system
from .reassigning import Reassigned, reassign, reassign_all, take_over, takers, takers_of
from .saving import save_call, undo_save
from .skipping import skip_call

__all__ = [
    "AlreadyEnded",
    "Answers",
    "Attempt",
    "Contradictory",
    "Held",
    "OpenedCall",
    "Reassigned",
    "answers_of",
    "claim_next",
    "correct_callback",
    "correct_number",
    "drop_draft",
    "end_unreachable",
    "end_wrong_numbers",
    "hours_now",
    "is_postponed",
    "keep_draft",
    "lead_of",
    "may_correct",
    "may_correct_number",
    "may_give_up",
    "open_callback",
    "open_or_take",
    "postpone",
    "postpone_by_system",
    "queue_of",
    "reassign",
    "reassign_all",
    "record_attempt",
    "record_number_shown",
    "release",
    "save_call",
    "show_number",
    "skip_call",
    "stay_on",
    "take_over",
    "takers",
    "takers_of",
    "undo_save",
]
