"""People, operators' roles and the trail, as operators see them."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from apps.accounts import browser, services
from apps.accounts.models import (
    AuditEvent,
    Consent,
    ExchangedToken,
    FirebaseDeletion,
    FirebaseIdentity,
    KnownDevice,
    OperatorRole,
    PayoutCooling,
    PersonalDataExport,
    RefreshToken,
    Session,
    User,
    phone_index,
)
from uma.kernel.desk import (
    Answers,
    Needs,
    ReadOnlyAdmin,
    ReasonForm,
    act_on_chosen,
    act_on_one,
    beside,
    link_to,
    readable,
)
from uma.kernel.errors import PhoneInvalid
from uma.kernel.http.addresses import client_address
from uma.kernel.phones import e164, masked

# Who may do what stands in `apps.accounts.roles`; nobody collects permissions by hand.


class GrantForm(ReasonForm):
    """Which role, where, and why."""

    role = forms.ChoiceField(choices=OperatorRole.Role.choices)
    zone_code = forms.CharField(
        label="Zone code", max_length=8, required=False, help_text="Empty means every zone."
    )
    field_order = ["role", "zone_code", "reason"]


@admin.register(User)
class UserAdmin(ReadOnlyAdmin[User]):
    """People; what a person is, and which roles a person has, only services change."""

    zone_path = "zone_code"
    list_display = (
        "username", "name", "masked_phone", "zone_code", "status", "banned_until", "is_staff",
    )  # fmt: skip
    list_filter = ("status", "zone_code", "is_staff")
    search_fields = ("=username", "=id")
    search_help_text = "User name, id, or a whole phone number."
    fields = readonly_fields = (
        "id", "username", "name", "email", "masked_phone", "zone_code", "status", "banned_until",
        "is_active", "is_staff", "is_superuser", "last_login", "created_at", "roles", "links",
    )  # fmt: skip
    ordering = ("username",)
    actions = ("grant_role", "reveal_phone", "forget_second_factor", "view_as")
    page_acts = ("reveal_phone", "view_as")

    has_grant_permission = Needs("accounts.grant_operator_role")
    has_reveal_permission = Needs("accounts.reveal_phone")
    has_view_as_permission = Needs("accounts.view_as")

    @admin.display(description="Name")
    def name(self, person: User) -> str:
        return readable(lambda: person.display_name)

    @admin.display(description="Phone")
    def masked_phone(self, person: User) -> str:
        return readable(lambda: masked(person.phone))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        # A sealed phone is found whole or not at all, by its blind index.
        try:
            number = e164(search_term)
        except PhoneInvalid:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(phone_index=phone_index(number)), False

    @admin.display(description="Operator roles")
    def roles(self, user: User) -> SafeString | str:
        live = user.operator_roles.filter(revoked_at__isnull=True).order_by("granted_at")
        listed = format_html_join(", ", "{}", ((str(role),) for role in live))
        return beside(
            [
                listed or SafeString("none"),
                link_to("accounts_operatorrole_changelist", "All", user__id__exact=user.pk),
            ]
        )

    @admin.display(description="See also")
    def links(self, user: User) -> SafeString:
        key = user.pk
        return beside(
            [
                link_to("rides_booking_changelist", "Bookings", rider__id__exact=key),
                link_to("payments_payout_changelist", "Payouts", person__id__exact=key),
                link_to("gamification_strike_changelist", "Strikes", rider_id__exact=key),
                link_to("payments_adjustment_changelist", "Adjustments", q=key),
                link_to("payments_adjustment_propose", "Adjust", whose="person", key=key),
            ]
        )

    @admin.action(description="Show the whole phone number", permissions=["reveal"])
    def reveal_phone(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        people = {row.pk: row for row in chosen}
        shown: list[tuple[User, str]] = []

        def act(user_id: UUID, actor_id: UUID, answers: Answers) -> None:
            phone = services.reveal_phone(
                user_id=user_id, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )
            shown.append((people[user_id], phone))

        asked = act_on_chosen(
            self,
            request,
            chosen,
            action="reveal_phone",
            question="Show these people's phone numbers? That you looked stays on their trail.",
            act=act,
        )
        if not shown:
            return asked
        context = {
            **self.admin_site.each_context(request),
            "title": "Phone numbers",
            "shown": shown,
            "opts": self.opts,
        }
        return TemplateResponse(request, "kernel/revealed.html", context)

    @admin.action(description="View as: the rider's app", permissions=["view_as"])
    def view_as(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        def act(person: User, actor_id: UUID, answers: Answers) -> HttpResponse:
            begun = services.begin_viewing(
                person_id=person.pk,
                role="rider",
                zone_code=person.zone_code,
                operator_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )
            return browser.begin_view(request, begun, to="rider-home")

        question = (
            "Look at the rider's app as this person? Each page that you open is on the trail."
        )
        return act_on_one(self, request, chosen, action="view_as", question=question, act=act)

    @admin.action(description="Give an operator's role", permissions=["grant"])
    def grant_role(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        def act(user_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.grant_role(
                user_id=user_id,
                role=answers["role"],
                zone_code=answers["zone_code"],
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="grant_role",
            question="Make these people operators?",
            act=act,
            form_class=GrantForm,
        )

    @admin.action(description="Take the second step of the sign-in away", permissions=["grant"])
    def forget_second_factor(
        self, request: HttpRequest, chosen: QuerySet[User]
    ) -> HttpResponse | None:
        def act(user_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.forget_second_factor(
                user_id=user_id, actor_id=actor_id, reason=answers["reason"], now=timezone.now()
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="forget_second_factor",
            question="Take these operators' authenticators away? Their next sign-in sets up another.",
            act=act,
        )


@admin.register(OperatorRole)
class OperatorRoleAdmin(ReadOnlyAdmin[OperatorRole]):
    few = True
    trail_keys = ("user_id",)
    zone_path = "zone_code"
    list_display = ("user", "role", "where", "granted_at", "granted_by", "revoked_at")
    list_filter = ("role", "zone_code", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("=user__id", "user__username")
    ordering = ("-granted_at",)
    actions = ("revoke_selected",)

    has_grant_permission = Needs("accounts.grant_operator_role")

    @admin.display(description="Zone", ordering="zone_code")
    def where(self, role: OperatorRole) -> str:
        return role.zone_code or "every zone"

    @admin.action(description="Take the role away", permissions=["grant"])
    def revoke_selected(
        self, request: HttpRequest, chosen: QuerySet[OperatorRole]
    ) -> HttpResponse | None:
        def act(role_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.revoke_role(
                role_id=role_id,
                actor_id=actor_id,
                reason=answers["reason"],
                now=timezone.now(),
            )

        question = "Take these roles away? From the next click on they allow nothing."
        return act_on_chosen(
            self, request, chosen, action="revoke_selected", question=question, act=act
        )


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin[AuditEvent]):
    trail_keys = ("object_id",)
    list_display = ("at", "action", "object_type", "object_id", "actor_id", "reason")
    list_filter = ("action", "object_type", "at")
    search_fields = ("=object_id", "=actor_id")
    ordering = ("-at",)


@admin.register(FirebaseIdentity)
class FirebaseIdentityAdmin(ReadOnlyAdmin[FirebaseIdentity]):
    trail_keys = ("person_id",)
    zone_path = "person__zone_code"
    list_display = ("signed_in_at", "person", "uid", "linked_at")
    list_select_related = ("person",)
    search_fields = ("=uid", "=person__id")


@admin.register(KnownDevice)
class KnownDeviceAdmin(ReadOnlyAdmin[KnownDevice]):
    trail_keys = ("person_id",)
    zone_path = "person__zone_code"
    list_display = ("last_seen_at", "person", "first_seen_at")
    list_select_related = ("person",)
    search_fields = ("=person__id",)
    # What proves a device is nobody's to read.
    exclude = ("device_hash",)


@admin.register(PayoutCooling)
class PayoutCoolingAdmin(ReadOnlyAdmin[PayoutCooling]):
    trail_keys = ("person_id",)
    zone_path = "person__zone_code"
    list_display = ("begins_at", "person_id", "reason", "ends_at")
    list_filter = ("reason",)
    search_fields = ("=person__id",)


@admin.register(ExchangedToken)
class ExchangedTokenAdmin(ReadOnlyAdmin[ExchangedToken]):
    list_display = ("digest", "expires_at")
    ordering = ("-expires_at",)


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin[Session]):
    zone_path = "user__zone_code"
    list_display = (
        "last_used_at", "role", "user", "label", "platform", "address", "created_at", "expires_at",
        "revoked_at", "revoked_reason",
    )  # fmt: skip
    list_filter = ("role", "platform", "revoked_reason")
    list_select_related = ("user",)
    search_fields = ("=id", "=user__id")
    actions = ("sign_out_selected",)
    # What proves a device is nobody's to read.
    exclude = ("device_hash",)

    has_sign_out_permission = Needs("accounts.sign_out")

    @admin.action(description="Sign out: end the session now", permissions=["sign_out"])
    def sign_out_selected(
        self, request: HttpRequest, chosen: QuerySet[Session]
    ) -> HttpResponse | None:
        def act(session_id: UUID, actor_id: UUID, answers: Answers) -> None:
            services.revoke_session(
                session_id=session_id,
                reason="by_operator",
                note=answers["reason"],
                actor_id=actor_id,
                now=timezone.now(),
                address=client_address(request),
            )

        return act_on_chosen(
            self,
            request,
            chosen,
            action="sign_out_selected",
            question="Sign these devices out? Their tokens stop working within a second.",
            act=act,
            describe=_described,
        )


def _described(session: Session) -> str:
    return f"{session.user}, {session.role}, {session.label or session.platform or 'a device'}"


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnlyAdmin[RefreshToken]):
    trail_keys = ("session_id",)
    zone_path = "session__user__zone_code"
    list_display = ("issued_at", "session", "used_at")
    list_select_related = ("session",)
    search_fields = ("=session__id",)
    exclude = ("digest",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin[Consent]):
    zone_path = "person__zone_code"
    list_display = ("at", "person", "purpose", "version", "granted")
    list_filter = ("purpose", "granted")
    list_select_related = ("person",)
    search_fields = ("=person__id",)


@admin.register(PersonalDataExport)
class PersonalDataExportAdmin(ReadOnlyAdmin[PersonalDataExport]):
    few = True
    zone_path = "person__zone_code"
    list_display = ("requested_at", "person", "state", "made_at", "expires_at", "size_bytes")
    list_filter = ("state",)
    list_select_related = ("person",)
    search_fields = ("=person__id",)
    ordering = ("-requested_at",)
    # The copy is its person's alone.
    exclude = ("content",)


@admin.register(FirebaseDeletion)
class FirebaseDeletionAdmin(ReadOnlyAdmin[FirebaseDeletion]):
    few = True
    list_display = ("requested_at", "uid", "attempts", "next_attempt_at")
    ordering = ("-requested_at",)
