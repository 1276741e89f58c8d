"""Rules of the evaluation as pure functions over dataclasses: no database, no clock, no settings."""
