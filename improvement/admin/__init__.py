from . import meetings, projects, revisits

__all__ = ["meetings", "projects", "revisits"]
