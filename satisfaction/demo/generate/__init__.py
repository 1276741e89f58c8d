"""Load-test data in bulk: a large centre, drawn and settled by the product's own rules."""

from .build import Generated, generate
from .shape import Shape

__all__ = ["Generated", "Shape", "generate"]
