"""Looking at folders aside: a share that is away holds up nobody but who needs it."""

from threadkeep.adapters.aside.patient import PatientAgentFiles, PatientCheckouts, PatientDocuments
from threadkeep.adapters.aside.threads import Aside, SharedPlaces

__all__ = ["Aside", "PatientAgentFiles", "PatientCheckouts", "PatientDocuments", "SharedPlaces"]
