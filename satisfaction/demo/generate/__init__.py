"""Load-test data in bulk: a large centre, drawn and settled by the product's own rules."""

from .build import Generated, generate
from .shape import CentreSize

__all__ = ["CentreSize", "Generated", "generate"]
