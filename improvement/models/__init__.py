from .kpis import KpiTarget, SettledKpi
from .meetings import AgendaItem, AnalysisMeeting
from .projects import ImprovementProject, ProjectStep
from .revisits import Revisit, RevisitPhoto, RevisitQuestion

__all__ = [
    "AgendaItem",
    "AnalysisMeeting",
    "ImprovementProject",
    "KpiTarget",
    "ProjectStep",
    "Revisit",
    "RevisitPhoto",
    "RevisitQuestion",
    "SettledKpi",
]
