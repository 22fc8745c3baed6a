"""`gateway partner check`: every channel of a partner is tried, step by step.

Not here: the steps (the transports have `examine`), printing. Rule protected: a trial changes nothing in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.config import Configuration
from gateway.partners import Partner, transport
from gateway.transports.trial import Ended, Step, Trial

Tell = Callable[[str, Step], None]  # the channel, and a step as it ends


async def examine(
    configuration: Configuration,
    partner: Partner,
    tell: Tell,
    *,
    channel: str = "",
    patience: float = 10.0,
    send_test: bool = False,
) -> bool:
    """Try the channels of a partner, or one of them; is everything fine? `patience`: seconds for one step."""
    problems: list[str] = []

    def heard(name: str) -> Callable[[Step], None]:
        def hear(step: Step) -> None:
            problems.extend([step.problem] if step.problem else [])
            tell(name, step)

        return hear

    for name, settings in partner.channels.items():
        if channel not in ("", name):
            continue
        trial = Trial(heard(name), patience, send_test=send_test)
        module = transport(settings.kind)
        listener = configuration.listeners.get(settings.kind.partition("-")[0])
        try:
            trial.passed("partner", 0.0, _status(partner))
            await module.examine(f"{partner.id}/{name}", settings, listener, configuration.secrets, trial)
        except Ended:
            continue
    return not problems


def _status(partner: Partner) -> str:
    """What the partner's status means for its channels."""
    if partner.served:
        return f"{partner.file.status}: the running gateway serves its channels"
    return f"{partner.file.status} in environment {partner.profile.environment}: the running gateway does not serve it"
