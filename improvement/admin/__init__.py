from . import kpis, meetings, projects, revisits

__all__ = ["kpis", "meetings", "projects", "revisits"]
