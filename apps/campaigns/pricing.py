"""What other apps may use of a campaign's terms: the arithmetic of costs, and the names of its policies."""

from apps.campaigns.costs import Basis, max_cost_paise
from apps.campaigns.policies import GeofencePolicy, ProofPolicy
from uma.kernel.gst import Gst, gst_on

__all__ = ["Basis", "GeofencePolicy", "Gst", "ProofPolicy", "gst_on", "max_cost_paise"]
