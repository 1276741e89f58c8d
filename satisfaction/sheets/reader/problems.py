"""Why a file cannot be read; `sheets.process` turns each into a sentence."""

DAMAGED, PROTECTED, EMPTY, MARKUP = "damaged", "protected", "empty", "markup"
NO_TABLE, NO_WORKBOOK, OTHER_FORMAT = "no_table", "no_workbook", "other_format"
TOO_LARGE, LONG_LINE, QUOTES = "too_large", "long_line", "quotes"


class UnreadableFile(Exception):
    """`problem` is one of the words above; `details` are the numbers in its sentence."""

    def __init__(self, problem: str, **details: int) -> None:
        super().__init__(problem, details)
        self.problem, self.details = problem, details
