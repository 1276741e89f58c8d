"""Reasons why a file cannot be read; `sheets.process` has a sentence for each."""

DAMAGED, PROTECTED, EMPTY, MARKUP = "damaged", "protected", "empty", "markup"
NO_TABLE, NO_WORKBOOK, OTHER_FORMAT = "no_table", "no_workbook", "other_format"
TOO_LARGE, LONG_LINE, QUOTES = "too_large", "long_line", "quotes"


class UnreadableFile(Exception):
    """The file cannot be read. `problem`: one of the constants above; `details`: numbers for its sentence."""

    def __init__(self, problem: str, **details: int) -> None:
        super().__init__(problem, details)
        self.problem, self.details = problem, details
