"""How an operator signs in with a password: few tries, counted by name and address together."""

import logging
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from uma.kernel.http import limits
from uma.kernel.http.addresses import client_address
from uma.kernel.http.errors import RateLimited
from uma.kernel.http.guessers import refuse_guesser

logger = logging.getLogger(__name__)


class OperatorSignIn(AdminAuthenticationForm):
    """
    The admin's sign-in.

    A name alone is never locked: whoever knows it could lock its owner out (ASVS 6.1.1). A name
    from one address has a few tries, and an address that fails too often is not looked at.
    """

    def clean(self) -> dict[str, Any]:  # Any: Django's cleaned data
        assert self.request is not None
        name = self.cleaned_data.get("username", "").strip().casefold()
        try:
            refuse_guesser(self.request)
            limits.take(self.request, operator_sign_in=f"{name}\n{client_address(self.request)}")
            try:
                cleaned: dict[str, Any] = super().clean()
            except ValidationError:
                logger.warning("an operator's sign-in failed", extra={"outcome": "refused"})
                limits.count_guess(self.request)
                raise
        except RateLimited as limited:
            logger.warning("an operator's sign-in failed", extra={"outcome": limited.code})
            raise ValidationError(limited.detail, code=limited.code) from None
        user = self.get_user()
        # An empty form names nobody; the fields' own refusals answer it.
        if user is not None:
            logger.info("an operator signed in", extra={"user_id": user.pk})
        return cleaned
