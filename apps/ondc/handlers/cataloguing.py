"""A seller tells a city's catalogue: its message is put in line for the document store, which may be away."""

from apps.ondc.callbacks import find_refresh, uuid_of
from apps.ondc.catalogue_told import seller_name
from apps.ondc.handlers.outcome import Handling, Outcome, Refused
from apps.ondc.messages import error_of
from apps.ondc.models import CatalogueAnswer

State = CatalogueAnswer.State


def on_catalogue(handling: Handling) -> Outcome:
    """Note the answer to a question of no rider; what it tells is imported outside this transaction."""
    row, now = handling.message, handling.now
    refresh = find_refresh(
        message_id=uuid_of(row.message_id), transaction_id=uuid_of(row.transaction_text)
    )
    if refresh is None:
        raise Refused("question_unknown")
    error = error_of(handling.body)
    CatalogueAnswer.objects.bulk_create(
        [
            CatalogueAnswer(
                refresh=refresh,
                inbound=row,
                bpp_id=row.sender,
                name=seller_name(handling.body),
                state=State.FAILED if error else State.WAITING,
                error_code=error,
                received_at=row.received_at,
                imported_at=now if error else None,
                next_attempt_at=now,
            )
        ],
        # Handled once more, it is in line or done already.
        ignore_conflicts=True,
    )
    return Outcome.DONE
