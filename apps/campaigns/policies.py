"""What a campaign may ask of its guests: for whom it is, what has to be proven, where it is booked."""

from django.db import models


class Audience(models.TextChoices):
    ALL = "all"
    NEW_ONLY = "new_only"
    RETURNING_ONLY = "returning_only"


class ProofPolicy(models.TextChoices):
    VISIT = "visit"
    RIDE_VISIT = "ride+visit"
    RIDE_VISIT_BILL = "ride+visit+bill"


class GeofencePolicy(models.TextChoices):
    NONE = "none"
    RIDER_LOCATION = "rider_location"
    RIDE_DROPOFF = "ride_dropoff"
