"""Where people's money can be paid out to."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.payments.validation_states import OPEN, State
from uma.kernel.crypto.blind import blind_index
from uma.kernel.crypto.fields import SealedQuerySet, SealedTextField
from uma.kernel.guards import Guard, refuse
from uma.kernel.ids import new_id


def account_index(*, ifsc: str = "", account_number: str = "", vpa: str = "") -> str:
    """Return what two people have in common who name the same bank account or VPA."""
    text = f"vpa|{vpa.lower()}" if vpa else f"bank|{ifsc.upper()}|{account_number}"
    return blind_index(text, purpose="payments.fund_account")


class Verification(models.TextChoices):
    """What a payee reads about an account of their own."""

    CHECKING = "checking"
    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    NAME_MISMATCH = "name_mismatch"
    NOT_FOUND = "not_found"


class FundAccount(models.Model):
    """
    A bank account or a VPA of the payee's own, to which payouts may go from `payable_from` on.

    The payee is a person or a merchant. Who, what kind and since when never change: another account
    is another row, with a wait of its own. Nothing is paid before an operator, or what its bank said of
    its holder, made sure that it is the payee's (`verified_at`). Everything that names the account is
    sealed; `tail` is what a list may show.
    """

    class Kind(models.TextChoices):
        BANK_ACCOUNT = "bank_account"
        VPA = "vpa"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Found by the unique pair below.
    merchant = models.ForeignKey(
        "merchants.Merchant", models.PROTECT, null=True, blank=True, db_index=False,
        related_name="+",
    )  # fmt: skip
    kind = models.CharField(max_length=12, choices=Kind)
    holder_name = SealedTextField(max_length=120)
    account_number = SealedTextField(max_length=18, blank=True)
    ifsc = SealedTextField(max_length=11, blank=True)
    vpa = SealedTextField(max_length=255, blank=True)
    # The last four digits, or the part of a VPA after the @.
    tail = models.CharField(max_length=65)
    account_index = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    payable_from = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    # By one of the two: an operator, or a validation in which the bank's name of the holder fitted.
    verified_by = models.UUIDField(null=True, blank=True)
    verified_through = models.ForeignKey(
        "payments.AccountValidation", models.PROTECT, null=True, blank=True, db_index=False,
        related_name="+",
    )  # fmt: skip
    # What Razorpay calls the holder and the account, once it was told of them.
    contact_id = models.CharField(max_length=40, blank=True, db_default="")
    razorpay_id = models.CharField(max_length=40, blank=True, db_default="")

    objects = SealedQuerySet["FundAccount"].as_manager()

    class Meta:
        permissions = [("verify_fund_account", "May say that a payout account is the payee's own")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "account_index"],
                condition=Q(removed_at=None),
                name="payments_fund_account_once",
            ),
            models.UniqueConstraint(
                fields=["merchant", "account_index"],
                condition=Q(removed_at=None),
                name="payments_fund_account_once_for_a_merchant",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, merchant__isnull=True)
                | Q(person__isnull=True, merchant__isnull=False, kind="bank_account"),
                name="payments_fund_account_has_one_payee",
            ),
            models.CheckConstraint(
                condition=Q(
                    verified_at__isnull=True,
                    verified_by__isnull=True,
                    verified_through__isnull=True,
                )
                | Q(
                    verified_at__isnull=False,
                    verified_by__isnull=False,
                    verified_through__isnull=True,
                )
                | Q(
                    verified_at__isnull=False,
                    verified_by__isnull=True,
                    verified_through__isnull=False,
                ),
                name="payments_fund_account_verified_by",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["bank_account", "vpa"]),
                name="payments_fund_account_kind_known",
            ),
            # What is no longer used may have been erased.
            models.CheckConstraint(
                condition=Q(removed_at__isnull=False)
                | Q(kind="bank_account", account_number__blank=False, ifsc__blank=False)
                | Q(kind="vpa", vpa__blank=False),
                name="payments_fund_account_is_named",
            ),
            models.CheckConstraint(
                condition=Q(account_number__blank=True, ifsc__blank=True) | Q(vpa__blank=True),
                name="payments_fund_account_is_one",
            ),
            models.CheckConstraint(
                condition=Q(payable_from__gte=F("created_at")),
                name="payments_fund_account_waits",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(removed_at__gte=F("created_at")),
                name="payments_fund_account_removed_later",
            ),
        ]
        indexes = [models.Index(fields=["account_index"], name="payments_fund_account_shared")]
        triggers = [
            refuse(
                "payments_fund_account_facts",
                pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "person_id", "merchant_id", "kind", "created_at", "payable_from"
                ),
            ),
            Guard(
                name="payments_fund_account_verified_through",
                runs="payments_matched_by_its_own_bank",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("verified_through_id"),  # type: ignore[no-untyped-call]
                condition="NEW.verified_through_id IS NOT NULL",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def shown(self) -> str:
        """How a list names the account."""
        return f"•••• {self.tail}" if self.kind == self.Kind.BANK_ACCOUNT else f"•••@{self.tail}"

    @property
    def verification(self) -> Verification:
        """How far it is known to be the payee's: by an operator, or by the newest question to its bank."""
        if self.verified_at is not None:
            return Verification.VERIFIED
        # As prefetched, where a list was read.
        newest = max(self.validations.all(), key=lambda one: one.pk, default=None)
        if newest is None:
            return Verification.IN_REVIEW
        if newest.state in OPEN:
            return Verification.CHECKING
        if newest.state == State.MISMATCHED or newest.accepted is False:
            return Verification.NAME_MISMATCH
        return Verification.NOT_FOUND if newest.state == State.INVALID else Verification.IN_REVIEW
