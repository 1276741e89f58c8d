"""Load-test data in bulk: a large centre, drawn and settled by the rules of the product."""

from .build import Generated, generate
from .shape import CentreSize

__all__ = ["CentreSize", "Generated", "generate"]
