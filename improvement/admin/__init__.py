from . import revisits

__all__ = ["revisits"]
