"""Fund accounts on the wire: shape only."""

from typing import Any

from rest_framework import serializers

from apps.payments.models import FundAccount, Verification
from uma.kernel.http.serializers import StrictSerializer

# Bank (4 letters), zero, branch (6): RBI's format of 2003. Account numbers: NPCI's bounds.
IFSC = r"^[A-Za-z]{4}0[A-Za-z0-9]{6}$"
ACCOUNT_NUMBER = r"^[0-9]{9,18}$"
# NPCI's UPI specification: name and handle.
VPA = r"^[A-Za-z0-9._-]{2,190}@[A-Za-z][A-Za-z0-9]{1,63}$"
# What each kind needs; the other fields are not for it.
NEEDS = {"bank_account": ("account_number", "ifsc"), "vpa": ("vpa",)}


class FundAccountRequest(StrictSerializer[None]):
    kind = serializers.ChoiceField(choices=sorted(NEEDS))
    holder_name = serializers.CharField(min_length=2, max_length=120)
    account_number = serializers.RegexField(ACCOUNT_NUMBER, required=False)
    ifsc = serializers.RegexField(IFSC, required=False)
    vpa = serializers.RegexField(VPA, max_length=255, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:  # Any: DRF's signature
        needed = NEEDS[attrs["kind"]]
        wrong = {name: "This field is required." for name in needed if name not in attrs} | {
            name: f"Not for a {attrs['kind']}."
            for names in NEEDS.values()
            for name in names
            if name in attrs and name not in needed
        }
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class MerchantAccountRequest(StrictSerializer[None]):
    holder_name = serializers.CharField(min_length=2, max_length=120)
    account_number = serializers.RegexField(ACCOUNT_NUMBER)
    ifsc = serializers.RegexField(IFSC)


class FundAccountResponse(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=sorted(NEEDS))
    account = serializers.CharField(source="shown", help_text="Masked: `•••• 4321`, `•••@upi`.")
    payable_from = serializers.DateTimeField(help_text="Until then nothing is paid out to it.")
    verified = serializers.SerializerMethodField()
    verification = serializers.ChoiceField(
        choices=Verification.choices,
        help_text="`checking`: its bank is being asked. `in_review`: a person looks. `name_mismatch`: it is"
        " in another name than the payee's. `not_found`: its bank does not know it.",
    )
    created_at = serializers.DateTimeField()

    def get_verified(self, account: FundAccount) -> bool:
        # Before that nothing is paid to it either.
        return account.verified_at is not None
