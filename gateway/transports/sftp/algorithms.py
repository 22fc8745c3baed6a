"""What our server speaks: modern algorithms, and the old ones that a partner's file may ask for.

ChaCha20-Poly1305 is not among them (docs/decisions/0012): of the modern ciphers it alone is fully open to prefix
truncation with clients that know no strict key exchange (CVE-2023-48795), and it is the slowest here.
"""

from __future__ import annotations

KEX = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
)
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
SIGNATURES = (
    "ssh-ed25519",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
LEGACY_KEX, LEGACY_MACS, LEGACY_SIGNATURES = ("diffie-hellman-group14-sha1",), ("hmac-sha1",), ("ssh-rsa",)


def spoken(*, legacy: bool) -> dict[str, tuple[str, ...]]:
    """Options of a connection; `legacy` adds SHA-1 in key exchange, MAC and RSA signatures."""
    return {
        "kex_algs": KEX + (LEGACY_KEX if legacy else ()),
        "encryption_algs": CIPHERS,
        "mac_algs": MACS + (LEGACY_MACS if legacy else ()),
        "signature_algs": SIGNATURES + (LEGACY_SIGNATURES if legacy else ()),
        "compression_algs": ("none",),
    }
