"""The documentation says what the code has: every configuration key, every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from edi.partner_file import AgreementFile, PartnerFile
from gateway.config import Keys, Listeners, Timing
from gateway.destinations.odoo.settings import Flow, Flows, OdooSettings, Policy, Poll
from gateway.transports import https
from gateway.transports.folder import FolderChannel
from gateway.transports.https.settings import Token
from gateway.transports.sftp import HostedMailbox, Listener, PolledMailbox
from gateway.transports.sftp.settings import Defence, MailboxKey, MailboxPassword, Quota

DOCS = Path(__file__).resolve().parents[1] / "docs"
MODELS = [
    Keys, Listeners, Timing, Listener, HostedMailbox, MailboxKey, MailboxPassword, Quota, Defence,
    PolledMailbox, FolderChannel, https.Listener, https.UploadChannel, Token,
    OdooSettings, Flow, Flows, Poll, Policy, PartnerFile, AgreementFile,
]  # fmt: skip


PAGES = ("configuration.md", "onboarding.md", "sftp.md", "https-upload.md")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__qualname__)
def test_every_configuration_key_is_documented(model: type[BaseModel]) -> None:
    text = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in PAGES)
    keys = [field.alias or name for name, field in model.model_fields.items()]
    assert [key for key in keys if key not in text] == []
