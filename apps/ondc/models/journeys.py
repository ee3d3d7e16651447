"""One rider's journey on the network: what was asked, who answered, what was offered."""

from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from uma.kernel.crypto.fields import SealedTextField
from uma.kernel.ids import new_id


class Transaction(models.Model):
    """
    A journey from its search on; the id is the `transaction_id` of all its messages.

    `closes_at` is when the list of offers closes. A journey may lead to the outlet of a booking; the
    fare of its ride then decides what the merchant pays back.
    """

    # Of version 4, as counterparties are used to; rows of one journey are found by it anyway.
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    rider = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    booking = models.ForeignKey("rides.Booking", models.PROTECT, null=True, related_name="+")
    zone_code = models.CharField(max_length=8)
    domain = models.CharField(max_length=16)
    # As the network writes it: std:080.
    city = models.CharField(max_length=16)
    # Where somebody lives and goes: "latitude,longitude".
    pickup = SealedTextField(max_length=64, blank=True)
    drop = SealedTextField(max_length=64, blank=True)
    # The stops between, in their order, each written like the two ends and parted by bars.
    via = SealedTextField(max_length=640, blank=True, db_default="")
    is_rental = models.BooleanField(default=False, db_default=False)
    vehicle_category = models.CharField(max_length=24, blank=True)
    scheduled_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    # How many sellers the registry lists for the domain and the city; none when nobody asked it.
    asked_count = models.PositiveSmallIntegerField(null=True)

    class Meta:
        permissions = [("take_journey_log", "May take the log of a journey out")]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opened_at")), name="ondc_transaction_times_in_order"
            ),
            models.CheckConstraint(
                condition=Q(city__regex=r"^(std:0[0-9]+|\*)$"), name="ondc_transaction_city_code"
            ),
        ]
        indexes = [models.Index(fields=["rider", "-opened_at"], name="ondc_transaction_of_rider")]

    def __str__(self) -> str:
        return str(self.id)


class Question(models.Model):
    """
    One request of ours, by what its answer will repeat: whoever sends one writes this with it.

    A callback is an answer when it repeats `message_id` and comes from `bpp_id`; a broadcast search
    has none and is answered by many. Sending the same request again is no new question.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="questions")
    order = models.ForeignKey("ondc.RideOrder", models.PROTECT, null=True, related_name="questions")
    # What was asked: search, select, …; its answer is called on_search, on_select, …
    action = models.CharField(max_length=24)
    message_id = models.UUIDField(default=uuid4)
    bpp_id = models.CharField(max_length=255, blank=True)
    asked_at = models.DateTimeField()
    # When its ttl ends; an answer after that is late.
    until = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message_id"], name="ondc_question_message_once"),
            # The workbench refuses a journey that names a message like itself.
            models.CheckConstraint(
                condition=~Q(message_id=F("transaction")), name="ondc_question_not_its_journey"
            ),
            models.CheckConstraint(
                condition=Q(action="search") | ~Q(bpp_id=""), name="ondc_question_asks_somebody"
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("asked_at")), name="ondc_question_times_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["transaction", "action"], name="ondc_question_of_journey"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class SearchAnswer(models.Model):
    """That one seller answered a search: with offers, with none, with an error, or too late."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="answers")
    bpp_id = models.CharField(max_length=255)
    name = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField()
    is_late = models.BooleanField(default=False)
    error_code = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "bpp_id"], name="ondc_search_answer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bpp_id} to {self.transaction_id}"


class Offer(models.Model):
    """
    One thing a seller would do for the rider, at a price: provider, item and fulfilment together.

    Many sellers answer one search, some several times, at once: each offer is a row of its own, so
    that no two answers wait for each other. `key` is the digest of the ids; told again, the row is
    told anew.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.ForeignKey(
        Transaction, models.PROTECT, db_index=False, related_name="offers"
    )
    key = models.CharField(max_length=64)
    # Exactly as the seller's own context wrote them; they are repeated byte for byte.
    bpp_id = models.CharField(max_length=255)
    bpp_uri = models.CharField(max_length=500)
    version = models.CharField(max_length=16)
    provider_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    fulfillment_id = models.CharField(max_length=255, blank=True)
    provider_name = models.CharField(max_length=120, blank=True)
    item_name = models.CharField(max_length=120, blank=True)
    item_code = models.CharField(max_length=32, blank=True)
    fulfillment_type = models.CharField(max_length=24, blank=True)
    vehicle_category = models.CharField(max_length=24, blank=True)
    vehicle_variant = models.CharField(max_length=24, blank=True)
    # The seller says that a woman drives: a promise, repeated when it is ordered (ondc.md 6.5).
    woman_driver = models.BooleanField(default=False, db_default=False)
    price_paise = models.BigIntegerField()
    # The seller's own spelling, for messages that repeat it.
    price_text = models.CharField(max_length=24)
    minimum_paise = models.BigIntegerField(null=True)
    maximum_paise = models.BigIntegerField(null=True)
    pickup_minutes = models.PositiveIntegerField(null=True)
    # Of tickets: how few and how many one may take; none for a ride.
    least_count = models.PositiveSmallIntegerField(null=True)
    most_count = models.PositiveSmallIntegerField(null=True)
    offered_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transaction", "key"], name="ondc_offer_once"),
            models.CheckConstraint(
                condition=Q(price_paise__gte=0), name="ondc_offer_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_name or self.bpp_id}: {self.item_name or self.item_id}"
