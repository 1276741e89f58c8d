from improvement.kpis import admin as kpis
from improvement.meetings import admin as meetings
from improvement.projects import admin as projects
from improvement.revisits import admin as revisits

__all__ = ["kpis", "meetings", "projects", "revisits"]
