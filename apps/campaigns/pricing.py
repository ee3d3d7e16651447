"""What other apps may use of the arithmetic of costs; inside this app it is `costs`."""

from apps.campaigns.costs import Basis, max_cost_paise
from uma.kernel.gst import Gst, gst_on

__all__ = ["Basis", "Gst", "gst_on", "max_cost_paise"]
