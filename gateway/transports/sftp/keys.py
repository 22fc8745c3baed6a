"""SSH keys as texts: making a pair, reading public keys, fingerprints. Not here: where keys are kept (secrets.py)."""

from __future__ import annotations

import asyncssh
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_AT_LEAST = 2048


class KeyRefused(ValueError):
    """A text that is no usable SSH key; the message never repeats the text."""


def generate_key(comment: str = "") -> tuple[str, str]:
    """A new ed25519 pair: (private key, public key), both in OpenSSH's text form with a final newline."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment or None)
    return key.export_private_key().decode("ascii"), key.export_public_key().decode("utf-8")


def fingerprint(public: str) -> str:
    """`SHA256:...` of a public key in OpenSSH's text form, as `ssh-keygen -l` prints it. Raises KeyRefused."""
    return read_public(public).get_fingerprint()


def read_public(text: str) -> asyncssh.SSHKey:
    """One public key from OpenSSH's text form. Raises KeyRefused."""
    try:
        key = asyncssh.import_public_key(text)
    except asyncssh.KeyImportError as error:
        raise KeyRefused(f"not a public key in OpenSSH's form (ssh-ed25519 AAAA... comment): {error}") from None
    pyca = key.pyca_key
    if isinstance(pyca, rsa.RSAPublicKey) and pyca.key_size < RSA_AT_LEAST:
        raise KeyRefused(f"an RSA key needs {RSA_AT_LEAST} bits; this one has {pyca.key_size}")
    return key


def read_private(text: str) -> asyncssh.SSHKey:
    """One unencrypted private key. Raises KeyRefused."""
    try:
        return asyncssh.import_private_key(text if text.endswith("\n") else text + "\n")
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise KeyRefused(f"not an unencrypted private key in OpenSSH or PEM form: {error}") from None


def read_lines(text: str) -> list[asyncssh.SSHKey]:
    """Every public key of a text with one key a line; empty lines and comments are skipped. Raises KeyRefused."""
    lines = [line.strip() for line in text.splitlines()]
    return [read_public(line) for line in lines if line and not line.startswith("#")]
