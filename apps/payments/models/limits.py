"""What a payee may have and take out: limits from a day on, and how well a person is known."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from uma.kernel.guards import append_only
from uma.kernel.ids import new_id


class WalletPolicy(models.Model):
    """
    The limits of one kind of payee from an instant on (product rule 2.8); paise, null is no limit.

    The newest row that is in force holds. Append-only: a change of the rules is another row, so that
    anybody can say which rule a payout of last year was under.
    """

    class Who(models.TextChoices):
        TIER_0 = "TIER_0", "rider, phone known"
        TIER_1 = "TIER_1", "rider, name matched to an account"
        TIER_2 = "TIER_2", "rider, full KYC"
        MERCHANT = "MERCHANT", "merchant"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    who = models.CharField(max_length=8, choices=Who)
    effective_from = models.DateTimeField()
    max_balance_paise = models.BigIntegerField(null=True)
    max_credit_month_paise = models.BigIntegerField(null=True)
    payout_min_paise = models.BigIntegerField()
    payout_max_paise = models.BigIntegerField()
    payout_day_paise = models.BigIntegerField(null=True)
    payout_month_paise = models.BigIntegerField(null=True)
    payouts_a_day = models.PositiveSmallIntegerField()
    # Younger credits stay: a visit that is disputed is usually disputed within a day.
    credit_age_hours = models.PositiveSmallIntegerField()
    # Above this a person looks at the payout first.
    screen_above_paise = models.BigIntegerField(null=True)
    # A wallet whose rider did nothing for so long is set aside (row 15 of rule 2.6), and so many days
    # before that the rider is told. Nothing of it concerns merchants.
    dormant_months = models.PositiveSmallIntegerField(db_default=36)
    dormant_warn_days = models.PositiveSmallIntegerField(db_default=60)
    # Null: written by a migration.
    set_by = models.UUIDField(null=True)
    reason = models.CharField(max_length=500)

    class Meta:
        verbose_name_plural = "wallet policies"
        permissions = [("set_wallet_policy", "May set the limits of wallets and payouts")]
        constraints = [
            models.UniqueConstraint(
                fields=["who", "effective_from"], name="payments_policy_once_for_an_instant"
            ),
            models.CheckConstraint(
                condition=Q(who__in=["TIER_0", "TIER_1", "TIER_2", "MERCHANT"]),
                name="payments_policy_who_known",
            ),
            models.CheckConstraint(
                condition=Q(payout_min_paise__gte=1_00)
                & Q(payout_max_paise__gte=0)
                & (Q(payout_day_paise=None) | Q(payout_day_paise__gte=0))
                & (Q(payout_month_paise=None) | Q(payout_month_paise__gte=0))
                & (Q(max_balance_paise=None) | Q(max_balance_paise__gte=0))
                & (Q(max_credit_month_paise=None) | Q(max_credit_month_paise__gte=0))
                & (Q(screen_above_paise=None) | Q(screen_above_paise__gte=0)),
                name="payments_policy_in_range",
            ),
            # A year at least: whoever is away for less has not left the money.
            models.CheckConstraint(
                condition=Q(dormant_months__gte=12, dormant_warn_days__range=(7, 365)),
                name="payments_policy_dormancy_in_range",
            ),
        ]
        triggers = [append_only("payments_policy_append_only")]

    def __str__(self) -> str:
        return f"{self.get_who_display()} from {self.effective_from:%Y-%m-%d}"


class KycLevel(models.Model):
    """
    How well a person is known from an instant on: 0 by phone, 1 by a name-matched account, 2 fully.

    The newest row in force holds; without one it is 0. Append-only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    effective_from = models.DateTimeField()
    set_by = models.UUIDField()
    reason = models.CharField(max_length=500)

    class Meta:
        verbose_name = "KYC level"
        permissions = [("set_kyc_level", "May say how well a person is known")]
        constraints = [
            models.CheckConstraint(condition=Q(level__lte=2), name="payments_kyc_level_known"),
        ]
        indexes = [
            models.Index(fields=["person", "-effective_from"], name="payments_kyc_of_person")
        ]
        triggers = [append_only("payments_kyc_append_only")]

    def __str__(self) -> str:
        return f"level {self.level} from {self.effective_from:%Y-%m-%d}"
