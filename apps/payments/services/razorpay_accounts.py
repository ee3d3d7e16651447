"""What Razorpay calls a payee's account: made there once, kept here at once, and never another."""

from apps.payments.models import FundAccount
from apps.payments.razorpayx import RazorpayX


def known_to(x: RazorpayX, account: FundAccount) -> str:
    """
    Make sure that Razorpay knows the account, and return its name for it.

    Kept at once, and the first one kept stands: what is validated is what is paid to, and a second attempt
    names the account of the first. Must not be inside a transaction.

    Raises:
        GatewayRefused, GatewaySilent
    """
    rows = FundAccount.objects.filter(pk=account.pk)
    if not account.contact_id:
        kind = "vendor" if account.merchant_id else "customer"
        made = x.contact(name=account.holder_name, reference=account.pk.hex, kind=kind)
        rows.filter(contact_id="").update(contact_id=made)
        account.refresh_from_db(fields=["contact_id"])
    if not account.razorpay_id:
        if account.kind == FundAccount.Kind.VPA:
            made = x.vpa(contact_id=account.contact_id, address=account.vpa)
        else:
            made = x.bank_account(
                contact_id=account.contact_id,
                name=account.holder_name,
                ifsc=account.ifsc,
                account_number=account.account_number,
            )
        rows.filter(razorpay_id="").update(razorpay_id=made)
        account.refresh_from_db(fields=["razorpay_id"])
    return account.razorpay_id
