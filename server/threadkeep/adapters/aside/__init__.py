"""Looking at folders aside: a share that is away holds up nobody but who needs it."""

from threadkeep.adapters.aside.patient import PatientAgentFiles, PatientCheckouts, PatientDocuments
from threadkeep.adapters.aside.threads import BackgroundTasks, SharedPlaces

__all__ = ["BackgroundTasks", "PatientAgentFiles", "PatientCheckouts", "PatientDocuments", "SharedPlaces"]
