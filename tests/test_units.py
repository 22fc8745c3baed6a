"""Durations, sizes and secrets as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.secrets import SecretError, Secrets
from gateway.units import seconds, size


@pytest.mark.parametrize(
    ("text", "value"),
    [("250ms", 0.25), ("30s", 30), ("15m", 900), ("24h", 86400), ("7d", 604800), ("1.5h", 5400), ("20", 20), (20, 20)],
)
def test_durations(text: object, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "5 minutes", "-3s", "3w", "1h30m", "s", "nan", "inf", {"h": 1}])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="write 30s, 15m, 24h or 7d"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "value"), [("64KB", 64_000), ("100 MB", 100_000_000), ("2gb", 2_000_000_000), ("7", 7), ("7B", 7), (7, 7)]
)
def test_sizes(text: object, value: int) -> None:
    assert size(text) == value


@pytest.mark.parametrize("text", ["", "lots", "-1", "1KiB", "MB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="write 64KB, 100MB or 2GB"):
        size(text)


def test_secrets_are_found_by_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("  the key\n", encoding="utf-8")
    monkeypatch.setenv("A_KEY", "from outside")
    secrets = Secrets(tmp_path)
    assert secrets("file:key") == "the key"
    assert secrets("env:A_KEY") == "from outside"
    assert secrets("plain text") == "plain text"


def test_a_reference_that_leads_nowhere_names_itself_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    (tmp_path / "binary").write_bytes(b"\xff\xfe secret")
    secrets = Secrets(tmp_path)
    for reference, why in (("env:NOT_SET", "is not set"), ("file:gone", "cannot be read"), ("file:binary", "cannot")):
        with pytest.raises(SecretError, match=why) as raised:
            secrets(reference)
        assert reference in str(raised.value)
        assert "secret" not in str(raised.value)
