from .changes import PendingChange
from .crews import Crew, CrewLead, Technician
from .orders import WorkOrder

__all__ = ["Crew", "CrewLead", "PendingChange", "Technician", "WorkOrder"]
