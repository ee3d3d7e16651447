"""What the business app says when something is refused, by the code that the API says as well."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from uma.kernel.errors import DomainError

REFUSALS: Mapping[str, object] = {
    # A business, its outlets and who works there.
    "gstin_invalid": gettext_lazy("This is no GSTIN: look at it letter by letter."),
    "gstin_taken": gettext_lazy("A business with this GSTIN is with us already."),
    "state_unknown": gettext_lazy("The state of this GSTIN is not known."),
    "outside_every_zone": gettext_lazy("We do not work at that place yet."),
    "outlets_in_several_zones": gettext_lazy("All outlets of a business lie in one city."),
    "outlet_moved_too_far": gettext_lazy(
        "A pin is corrected by 200 m at most. Farther away it is another outlet: add it."
    ),
    "radius_not_allowed": gettext_lazy("Choose another radius."),
    "hours_invalid": gettext_lazy("These hours cannot be kept. Choose fewer pieces."),
    "merchant_not_active": gettext_lazy("This works as soon as your business is approved."),
    "merchant_status_not_allowed": gettext_lazy(
        "A closed outlet does not open again; add a new one."
    ),
    "plan_limit_reached": gettext_lazy("Your plan has no room for another one."),
    "unknown_outlet": gettext_lazy("There is no such outlet."),
    "outlet_not_yours": gettext_lazy("You do not work at this outlet."),
    "unknown_zone": gettext_lazy("We do not work in this city."),
    "unknown_merchant": gettext_lazy("There is no such business."),
    "not_a_merchant": gettext_lazy("This number works for no business."),
    "application_decided": gettext_lazy(
        "This application is decided; nothing of it changes any more."
    ),
    "application_incomplete": gettext_lazy("An application needs an outlet that can open."),
    "no_application": gettext_lazy("There is no application of yours."),
    "already_on_staff": gettext_lazy("This number works for a business already."),
    "already_invited": gettext_lazy(
        "This number is invited to another post. Withdraw that invitation first."
    ),
    "too_many_invitations": gettext_lazy(
        "Too many invitations wait for an answer. Withdraw some first."
    ),
    "unknown_invitation": gettext_lazy("There is no such invitation."),
    "invitation_over": gettext_lazy("This invitation is over."),
    "unknown_staff": gettext_lazy("Nobody like that works for your business."),
    "last_owner": gettext_lazy("A business keeps an owner. Make somebody else one first."),
    "role_not_allowed": gettext_lazy("Your post does not allow this."),
    "phone_invalid": gettext_lazy("This is not a phone number. Write all its digits."),
    # Its keys and webhooks.
    "unknown_api_key": gettext_lazy("There is no such key."),
    "api_key_over": gettext_lazy("This key has ended or was replaced."),
    "scope_unknown": gettext_lazy("A key cannot do that."),
    "expiry_not_allowed": gettext_lazy("A key ends in the future."),
    "unknown_endpoint": gettext_lazy("There is no such webhook."),
    "endpoint_over": gettext_lazy("This webhook was switched off. Add its address again."),
    "endpoint_exists": gettext_lazy("Events go to this address already."),
    "endpoint_not_allowed": gettext_lazy(
        "Events cannot go to this address. Write a public one that begins with https."
    ),
    # Its deals.
    "unknown_campaign": gettext_lazy("There is no such deal."),
    "campaign_busy": gettext_lazy("Somebody else is changing this deal. Try again in a moment."),
    "terms_invalid": gettext_lazy("These terms cannot be offered. Look at them once more."),
    "cap_below_sold": gettext_lazy("Not below what is sold already."),
    "field_locked": gettext_lazy("This cannot be changed any more. Copy the deal and change that."),
    "review_required": gettext_lazy(
        "These terms need our approval. Copy the deal and publish the copy."
    ),
    "transition_not_allowed": gettext_lazy("The deal cannot do this now. Look at it once more."),
    "fees_not_set": gettext_lazy("Nothing can be sold in this city yet."),
    "campaign_not_on_sale": gettext_lazy("Only a deal that is on sale can be boosted."),
    "already_boosted": gettext_lazy("This deal is boosted already."),
    "no_boost": gettext_lazy("This deal is not boosted."),
    "no_boost_slot": gettext_lazy(
        "Every place around here is taken. Try again when a week there is over."
    ),
    "boost_price_changed": gettext_lazy("The price has changed. Look at the new one."),
    # Its money.
    "top_up_amount_not_allowed": gettext_lazy("This amount is too small or too large."),
    "balance_rule_not_allowed": gettext_lazy("These limits do not fit together."),
    "top_up_not_found": gettext_lazy("There is no such payment."),
    "payment_gateway_unavailable": gettext_lazy(
        "Payments cannot be taken now. Try again in a few minutes."
    ),
    "invoice_not_found": gettext_lazy("There is no such document."),
    "statement_too_long": gettext_lazy("This period is too long. Choose a shorter one."),
    "wallet_frozen": gettext_lazy("We have frozen this wallet and look at it."),
    "insufficient_funds": gettext_lazy("There is not so much in the wallet."),
    # Its visits.
    "unknown_handshake": gettext_lazy("There is no such visit."),
    "not_reversible": gettext_lazy("This visit cannot be taken back: look at its state."),
    "reversal_too_late": gettext_lazy("A visit can be taken back for a day only."),
    "reversal_too_large": gettext_lazy("So much of it is not left to take back."),
    # Any page.
    "account_closed": gettext_lazy("This account is closed."),
    "busy": gettext_lazy("Somebody else is changing this now. Try again in a moment."),
    "fresh_sign_in_required": gettext_lazy("Sign in once more, then try again."),
    "idempotency_key_reused": gettext_lazy(
        "This form was sent before with other facts. Open it anew."
    ),
    "internal_error": gettext_lazy("Something went wrong on our side. Try again."),
    "invalid_cursor": gettext_lazy("This list has moved on. Open it anew."),
    "invalid_parameter": gettext_lazy("This page cannot be shown like this. Open it anew."),
    "maybe_applied": gettext_lazy("We do not know whether it was done. Look before you try again."),
    "not_authenticated": gettext_lazy("Sign in first."),
    "not_found": gettext_lazy("There is no such page."),
    "permission_denied": gettext_lazy("Your post does not allow this."),
    "rate_limited": gettext_lazy("Too many requests. Wait a moment."),
    "request_in_progress": gettext_lazy("This is being done already. Wait a moment."),
    "unavailable": gettext_lazy("This does not work now. Try again in a moment."),
    "validation_failed": gettext_lazy("Look at the marked field: it cannot be taken like this."),
}


def refusal_words(refusal: DomainError) -> str:
    """Return a refusal in the reader's language; one that is newer than this app is said in general."""
    return str(REFUSALS.get(refusal.code, _("This cannot be done now.")))
