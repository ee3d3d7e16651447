"""The ledger as operators read it: nothing here writes, and no list counts or sums a whole table."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.wallet import codes, selectors
from apps.wallet.models import Account, AccountKind, Hold, Journal, PostingRule, Transfer
from uma.kernel.desk import EVERYWHERE, ReadOnlyAdmin, beside, link_to
from uma.kernel.desk_amounts import amount

M = TypeVar("M", bound=Model)


class LedgerAdmin(ReadOnlyAdmin[M]):
    # Shows the box; what it searches is said by `found_by`, which uses the indexes as they are.
    search_fields = ["pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        del request
        text = search_term.strip()
        return (queryset.filter(self.found_by(text, _uuid(text))) if text else queryset), False

    def found_by(self, text: str, key: UUID | None) -> Q:
        """Return which rows a searched text means; `key` is the text as a UUID, if it is one."""
        raise NotImplementedError


class KindFilter(admin.SimpleListFilter):
    """A kind, from the small tables that name them all."""

    title = "kind"
    parameter_name = "kind"
    named_by: type[Model] = AccountKind
    column = "kind"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> Iterable[tuple[str, str]]:
        del request, model_admin
        kinds = self.named_by._default_manager.order_by(self.column)  # noqa: SLF001 (Django's own name)
        named = dict.fromkeys(kinds.values_list(self.column, flat=True))
        return [(kind, kind) for kind in named]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        return queryset.filter(kind=self.value()) if self.value() else queryset


class JournalKindFilter(KindFilter):
    named_by = PostingRule
    column = "journal_kind"


class AccountFilter(admin.SimpleListFilter):
    """The movements of one account, to be reached by a link from it."""

    title = "account"
    parameter_name = "account"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> Iterable[tuple[str, str]]:
        del model_admin
        chosen = request.GET.get("account", "")
        rows = Account.objects.filter(pk=chosen) if chosen.isdecimal() else Account.objects.none()
        return [(str(account.pk), account.code) for account in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        if not self.value():
            return queryset
        return queryset.filter(Q(debit_account=self.value()) | Q(credit_account=self.value()))


@admin.register(Account)
class AccountAdmin(LedgerAdmin[Account]):
    zone_path = "zone_code"
    list_display = ["code", "kind", "kept_balance", "version", "frozen_at", "see_also"]
    list_filter = [KindFilter, ("frozen_at", admin.EmptyFieldListFilter)]
    search_help_text = "An account's whole code, or a merchant's or rider's id."
    fields = [
        "code", "kind", "party", "zone_code", "normal_side", "balance", "version",
        "keeps_balance", "may_overdraw", "frozen_at", "opened_at", "see_also",
    ]  # fmt: skip
    readonly_fields = ["balance", "see_also"]

    def trail_ids(self, row: Account) -> list[str]:
        # An account is frozen through its owner.
        return [row.party.partition(":")[2] or row.code]

    def found_by(self, text: str, key: UUID | None) -> Q:
        if key is None:
            return Q(code=text)
        return Q(code__in=[*codes.merchant_accounts(key), *codes.rider_accounts(key)])

    @admin.display(description="Balance")
    def kept_balance(self, account: Account) -> str:
        # What keeps no balance is summed on the account's own page, not fifty times in a list.
        return amount(account.balance_paise if account.keeps_balance else None)

    @admin.display(description="Balance")
    def balance(self, account: Account) -> str:
        return amount(selectors.balance_paise(code=account.code))

    @admin.display(description="See also")
    def see_also(self, account: Account) -> SafeString:
        links = [link_to("wallet_transfer_changelist", "Movements", account=account.pk)]
        owner, _, key = account.party.partition(":")
        if owner == "merchant":
            links.append(_open("merchants_merchant", key, "Merchant"))
        elif owner == "rider":
            links.append(_open("accounts_user", key, "Rider"))
        return beside(links)


class TransferInline(admin.TabularInline[Transfer, Journal]):
    """What a journal moved."""

    model = Transfer
    fields = ["debit_account", "credit_account", "paise"]
    readonly_fields = ["paise"]
    ordering = ["pk"]
    extra = 0
    can_delete = False
    show_change_link = True

    @admin.display(description="Amount")
    def paise(self, transfer: Transfer) -> str:
        return amount(transfer.amount_paise)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        rows: QuerySet[Transfer] = super().get_queryset(request)
        return rows.select_related("debit_account", "credit_account")

    def has_add_permission(self, request: HttpRequest, obj: Journal | None = None) -> bool:  # noqa: ARG002 — Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: Journal | None = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Journal)
class JournalAdmin(LedgerAdmin[Journal]):
    zone_path = "zone_code"
    list_display = ["reference", "kind", "zone_code", "event_at", "memo", "see_also"]
    list_filter = [JournalKindFilter]
    search_help_text = "A whole reference, or the id of a journal or of a booking."
    fields = [
        "id", "kind", "reference", "zone_code", "event_at", "created_at", "actor_id", "memo",
        "swept_hold_ids", "see_also",
    ]  # fmt: skip
    readonly_fields = ["id", "see_also"]
    inlines = [TransferInline]

    def found_by(self, text: str, key: UUID | None) -> Q:
        if key is None:
            return Q(reference=text)
        hold = Hold.objects.filter(pk=key).first()
        journals = (
            (hold.opened_journal_id, hold.resolved_journal_id, hold.swept_journal_id)
            if hold
            else ()
        )
        # One list of ids: an OR over joins would read every journal.
        ids = [key, *(found for found in journals if found)]
        return Q(pk__in=ids) | Q(reverses_id=key)

    @admin.display(description="See also")
    def see_also(self, journal: Journal) -> SafeString:
        links = [link_to("wallet_transfer_changelist", "Movements", q=journal.pk)]
        if journal.hold_id is not None:
            links.append(_open("wallet_hold", journal.hold_id, "Hold"))
        if journal.reverses_id is not None:
            links.append(_open("wallet_journal", journal.reverses_id, "Reverses"))
        if journal.actor_id is not None:
            links.append(_open("accounts_user", journal.actor_id, "Actor"))
        return beside(links)


@admin.register(Transfer)
class TransferAdmin(LedgerAdmin[Transfer]):
    zone_path = "journal__zone_code"
    list_display = ["id", "journal", "debit", "credit", "paise", "debit_after", "credit_after"]
    list_filter = [AccountFilter]
    list_select_related = ["journal", "debit_account", "credit_account"]
    search_help_text = "The id of a transfer or of a journal."
    fields = [
        "id", "journal", "debit_account", "credit_account", "paise",
        "debit_after", "debit_version", "credit_after", "credit_version",
    ]  # fmt: skip
    readonly_fields = ["id", "paise", "debit_after", "credit_after"]

    def found_by(self, text: str, key: UUID | None) -> Q:
        del text
        return Q(pk=key) | Q(journal_id=key) if key else Q(pk__in=[])

    @admin.display(description="Debit")
    def debit(self, transfer: Transfer) -> SafeString:
        return _open("wallet_account", transfer.debit_account_id, transfer.debit_account)

    @admin.display(description="Credit")
    def credit(self, transfer: Transfer) -> SafeString:
        return _open("wallet_account", transfer.credit_account_id, transfer.credit_account)

    @admin.display(description="Amount")
    def paise(self, transfer: Transfer) -> str:
        return amount(transfer.amount_paise)

    @admin.display(description="Debited account after")
    def debit_after(self, transfer: Transfer) -> str:
        return amount(transfer.debit_after_paise)

    @admin.display(description="Credited account after")
    def credit_after(self, transfer: Transfer) -> str:
        return amount(transfer.credit_after_paise)


@admin.register(Hold)
class HoldAdmin(LedgerAdmin[Hold]):
    zone_path = "opened_journal__zone_code"
    list_display = ["id", "wallet_account", "state", "set_aside", "captured", "unused", "see_also"]
    list_filter = ["state"]
    list_select_related = ["wallet_account"]
    search_help_text = "A booking's id, or a merchant's id."
    fields = [
        "id", "wallet_account", "state", "set_aside", "captured", "unused",
        "opened_journal", "resolved_journal", "swept_journal", "see_also",
    ]  # fmt: skip
    readonly_fields = ["id", "set_aside", "captured", "unused", "see_also"]

    def found_by(self, text: str, key: UUID | None) -> Q:
        del text
        if key is None:
            return Q(pk__in=[])
        held = Account.objects.filter(code=codes.merchant_held(key)).values_list("pk", flat=True)
        # A merchant's open holds: those are in an index.
        return Q(pk=key) | Q(held_account__in=list(held), state=Hold.State.OPEN)

    @admin.display(description="Set aside")
    def set_aside(self, hold: Hold) -> str:
        return amount(hold.amount_paise)

    @admin.display(description="Captured")
    def captured(self, hold: Hold) -> str:
        return amount(hold.captured_paise)

    @admin.display(description="Given back")
    def unused(self, hold: Hold) -> str:
        return amount(hold.released_paise)

    @admin.display(description="See also")
    def see_also(self, hold: Hold) -> SafeString:
        return beside(
            [
                _open("rides_booking", hold.pk, "Booking"),
                link_to("wallet_journal_changelist", "Journals", q=hold.pk),
            ]
        )


@admin.register(PostingRule)
class PostingRuleAdmin(ReadOnlyAdmin[PostingRule]):
    few = True
    zone_path = EVERYWHERE
    list_display = ["journal_kind", "debit_kind", "credit_kind", "cap", "same_party", "reverses_kind"]  # fmt: skip
    list_filter = ["journal_kind"]
    search_fields = ["journal_kind", "debit_kind", "credit_kind"]
    ordering = ("journal_kind", "debit_kind", "credit_kind")
    fields = ["journal_kind", "debit_kind", "credit_kind", "cap", "same_party", "reverses_kind"]
    readonly_fields = ["cap"]

    @admin.display(description="At most")
    def cap(self, rule: PostingRule) -> str:
        return amount(rule.max_paise)


@admin.register(AccountKind)
class AccountKindAdmin(ReadOnlyAdmin[AccountKind]):
    few = True
    zone_path = EVERYWHERE
    list_display = ["kind", "family", "normal_side", "keeps_balance", "may_overdraw", "accounts"]
    list_filter = ["family", "keeps_balance"]
    ordering = ("family", "kind")

    @admin.display(description="Accounts")
    def accounts(self, kind: AccountKind) -> SafeString:
        return link_to("wallet_account_changelist", "Accounts", kind=kind.pk)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _open(page: str, key: object, text: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), text)
