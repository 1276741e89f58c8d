"""The one exception that business rules raise: a sentence fit for the person at the screen."""


class Refused(ValueError):
    """What was asked for may not or cannot be done; str(error) says why and what to do instead."""


class NotAllowed(Refused):
    """One may know of it, but not do it (§12): answered 403 with the sentence."""
