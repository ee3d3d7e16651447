"""The refusals of gamification; each names its rule."""

from datetime import datetime

from uma.kernel.errors import DomainError


class UnknownStrike(DomainError):
    code = "unknown_strike"
    title = "No such strike"
    status = 404


class StrikeOverturned(DomainError):
    code = "strike_overturned"
    title = "This strike was taken back already"


class AppealTooLate(DomainError):
    code = "appeal_too_late"
    title = "The time to appeal is over"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(f"An appeal was possible until {until:%d %B %Y, %H:%M} UTC.", until=until)


class AppealOpen(DomainError):
    code = "appeal_open"
    title = "An appeal against this strike is being looked at"


class AppealExhausted(DomainError):
    code = "appeal_exhausted"
    title = "This strike was looked at twice"


class UnknownAppeal(DomainError):
    code = "unknown_appeal"
    title = "No such appeal"
    status = 404


class AppealDecided(DomainError):
    code = "appeal_decided"
    title = "This appeal is decided"


class SecondLineIsAnothers(DomainError):
    code = "second_line_is_anothers"
    title = "Whoever decided the first appeal does not decide the second"
    status = 403


class ReasonMissing(DomainError):
    code = "decision_reason_missing"
    title = "A decision needs a reason"
    status = 422


class PeriodInvalid(DomainError):
    code = "period_invalid"
    title = "A period ends after it begins"
    status = 422


class UnknownForceMajeure(DomainError):
    code = "unknown_force_majeure"
    title = "No such event"
    status = 404


class UnknownRestriction(DomainError):
    code = "unknown_restriction"
    title = "No such restriction is running"
    status = 404


class AmountNotPositive(DomainError):
    code = "pool_amount_not_positive"
    title = "A pool is filled with an amount above nought"
    status = 422


class UnknownPool(DomainError):
    code = "unknown_promo_pool"
    title = "No such pool"
    status = 404


class RewardNotOwed(DomainError):
    code = "reward_not_owed"
    title = "This reward is not to be paid"


class UnknownBadge(DomainError):
    code = "unknown_badge"
    title = "No such badge of yours"
    status = 404


class UnknownMission(DomainError):
    code = "unknown_mission"
    title = "No such mission"
    status = 404


class MissionOver(DomainError):
    code = "mission_over"
    title = "This mission is over"


class MissionBudgetGone(DomainError):
    code = "mission_budget_gone"
    title = "All rewards of this mission are taken"


class NotJoined(DomainError):
    code = "mission_not_joined"
    title = "You are not on this mission"


class PseudonymTaken(DomainError):
    code = "pseudonym_taken"
    title = "Somebody else has this name"


class PolicyInvalid(DomainError):
    code = "strike_policy_invalid"
    title = "Strikes cannot count like this"
    status = 422
