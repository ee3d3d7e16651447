"""The bank's statements: uploaded here, read line by line, and what a line is told to be."""

from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.payments import services
from apps.payments.admin.cells import day, two
from apps.payments.models import BankLine, BankStatement
from apps.payments.statements import MAX_BYTES
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    link_to,
    readable,
    zones_with,
)
from uma.kernel.desk_amounts import amount
from uma.kernel.errors import DomainError
from uma.kernel.money import PAISE_PER_RUPEE

UPLOAD = "payments.upload_bank_statement"


class UploadForm(forms.Form):
    """A bank's statement as CSV."""

    statement = forms.FileField(label="Statement (CSV, at most 2 MB)")
    closing = forms.DecimalField(
        label="Closing balance in rupees",
        required=False,
        max_digits=14,
        decimal_places=2,
        help_text="Only where the file has no column of balances.",
    )
    closes_on = forms.DateField(
        label="Day of that balance",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_statement(self) -> object:
        given = self.cleaned_data["statement"]
        assert isinstance(given, UploadedFile)
        if (given.size or 0) > MAX_BYTES:
            raise forms.ValidationError("A statement has at most 2 MB.")
        return given

    def clean(self) -> None:
        super().clean()
        if (self.cleaned_data.get("closing") is None) != (not self.cleaned_data.get("closes_on")):
            raise forms.ValidationError("A closing balance and its day belong together.")


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin[BankStatement]):
    few = True
    change_list_template = "payments/bank_statements.html"
    list_display = ("filename", "uploaded", "new", "known", "to_look_at", "closing")
    list_filter = ("uploaded_at",)
    search_fields = ("filename", "=id")
    ordering = ("-uploaded_at",)
    fields = readonly_fields = (
        "filename", "uploaded_at", "uploaded_by", "new", "known", "matched", "closing",
        "lines_to_look_at", "sha256",
    )  # fmt: skip

    @admin.display(description="Uploaded", ordering="uploaded_at")
    def uploaded(self, statement: BankStatement) -> str:
        return day(statement.uploaded_at)

    @admin.display(description="New lines")
    def new(self, statement: BankStatement) -> SafeString:
        return link_to(
            "payments_bankline_changelist", statement.lines_new, statement__id__exact=statement.pk
        )

    @admin.display(description="Known before")
    def known(self, statement: BankStatement) -> int:
        return statement.lines_known

    @admin.display(description="Matched")
    def matched(self, statement: BankStatement) -> str:
        there = statement.lines.exclude(matched_to="").count()
        return f"{there} of {statement.lines_new}"

    @admin.display(description="To look at")
    def to_look_at(self, statement: BankStatement) -> str:
        return f"⚠ {found}" if (found := len(statement.objections)) else "—"

    @admin.display(description="Closing balance")
    def closing(self, statement: BankStatement) -> SafeString:
        on = f"on {day(statement.closes_on)}" if statement.closes_on else ""
        return two(amount(statement.closing_paise), on)

    @admin.display(description="Lines to look at")
    def lines_to_look_at(self, statement: BankStatement) -> SafeString | str:
        if not statement.objections:
            return "none"
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (one["line"], one["reason"], "taken in" if one["taken"] else "left out")
                for one in statement.objections
            ),
        )
        head = "<thead><tr><th>Line</th><th>What is wrong</th><th></th></tr></thead>"
        return format_html("<table>{}<tbody>{}</tbody></table>", SafeString(head), rows)

    def get_urls(self) -> list[URLPattern]:
        upload = path(
            "upload/",
            self.admin_site.admin_view(self.upload),
            name="payments_bankstatement_upload",
        )
        return [upload, *super().get_urls()]

    def upload(self, request: HttpRequest) -> HttpResponse:
        # One bank account serves every zone: whoever uploads sees them all.
        if not request.user.has_perm(UPLOAD) or zones_with(request, UPLOAD) is not None:
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            given = form.cleaned_data["statement"]
            closing = form.cleaned_data["closing"]
            actor_id = request.user.pk
            assert isinstance(actor_id, UUID)
            try:
                made = services.upload_statement(
                    raw=given.read(),
                    filename=given.name or "statement.csv",
                    closing_paise=None if closing is None else int(closing * PAISE_PER_RUPEE),
                    closes_on=form.cleaned_data["closes_on"],
                    actor_id=actor_id,
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("statement", refusal.detail)
            else:
                linked = services.match_bank_lines(now=timezone.now())
                text = f"{made.lines_new} new lines, {made.lines_known} known, {linked} matched."
                self.message_user(request, text, messages.SUCCESS)
                page = reverse("admin:payments_bankstatement_change", args=[made.pk])
                return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload a bank statement",
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "payments/upload_statement.html", context)


class FloatForm(ReasonForm):
    """Money between the bank and the payout float: how much, in which zone's books, and why."""

    zone = forms.CharField(label="Zone code", max_length=8)
    amount = forms.DecimalField(
        label="Repeat the amount in rupees", max_digits=12, decimal_places=2
    )
    field_order = ["zone", "amount", "reason"]


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin[BankLine]):
    list_display = ("booked", "named", "moved", "balance", "fits")
    list_filter = (
        ("matched_to", admin.EmptyFieldListFilter), "direction", "booked_on",
    )  # fmt: skip
    search_fields = ("=utr", "=id", "=matched_to")
    exclude = ("fingerprint", "narration")
    readonly_fields = ("told",)
    actions = ("record_float",)

    has_float_permission = Needs("payments.record_float_funding")

    @admin.display(description="Narration")
    def told(self, line: BankLine) -> str:
        return readable(lambda: line.narration)

    @admin.display(description="Booked", ordering="booked_on")
    def booked(self, line: BankLine) -> str:
        return day(line.booked_on)

    @admin.display(description="Narration and UTR")
    def named(self, line: BankLine) -> SafeString:
        return two(self.told(line), line.utr)

    @admin.display(description="Amount", ordering="amount_paise")
    def moved(self, line: BankLine) -> str:
        return amount(line.signed_paise)

    @admin.display(description="Matched to", ordering="matched_to")
    def fits(self, line: BankLine) -> str:
        return line.matched_to or "—"

    @admin.display(description="Balance")
    def balance(self, line: BankLine) -> str:
        return amount(line.balance_paise)

    @admin.action(description="Book as money to or from the payout float", permissions=["float"])
    def record_float(self, request: HttpRequest, chosen: QuerySet[BankLine]) -> HttpResponse | None:
        def act(line_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.record_float(
                line_id=line_id,
                zone_code=answers["zone"],
                amount_paise=int(answers["amount"] * PAISE_PER_RUPEE),
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        def describe(line: BankLine) -> str:
            return f"{line}: {amount(line.amount_paise)}"

        return act_on_chosen(
            self,
            request,
            chosen,
            action="record_float",
            question="Book this line as money between the bank and the payout float?",
            act=act,
            form_class=FloatForm,
            describe=describe,
        )
