"""`gateway init`: a working instance in an empty folder, from nothing but this file and the keys it makes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from gateway.transports.sftp import generate_key

GATEWAY = """\
# The supplier gateway's configuration. Check it with: gateway check
# Secrets stand here only by reference: env:NAME or file:PATH (relative to this file).

environment: prod            # prod | test: which documents are accepted (ISA15, UNB 0035) and written
name: {name}
database: sqlite:///ledger.db      # or postgresql+psycopg://user@host/name

partners: partners           # one folder per partner with a partner.yaml
staging: staging             # uploads in progress

listeners:
  sftp:
    host: {host}
    port: {port}
    host_keys: ["file:keys/host_ed25519"]
{as2}
{destinations}
timing:
  incomplete_wait: 2m        # how long a file that ends inside an interchange waits for its rest
  drain: 20s                 # how long SIGTERM waits for work under way
"""

NO_DESTINATION = """\
# The business system. Remove the # signs and set ODOO_URL, ODOO_DB, ODOO_LOGIN and ODOO_KEY in the environment.
# Then name it in each partner.yaml: `odoo: {instance: odoo-main, vendor: {ref: YOUR-VENDOR-REF}}`
#destinations:
#  odoo-main:
#    kind: odoo
#    url: env:ODOO_URL
#    db: env:ODOO_DB
#    flows:
#      purchase: {login: env:ODOO_LOGIN, key: env:ODOO_KEY}
"""

AS2 = """\
  as2:
    host: {host}
    port: {port}
"""

NO_AS2 = """\
#  as2:                      # for partners that speak AS2; remove the # signs, then docs/as2.md
#    host: 127.0.0.1
#    port: 4080
"""

PARTNERS = """\
One folder per partner: `partners/<id>/partner.yaml`, and a `<document>.map.yaml` where the partner differs from the
base
map. How to write the two files: docs/onboarding.md. The folder name is the partner's id and never changes.
After a change: `gateway check`, then send the daemon SIGHUP (a file that is not right keeps the old state).
"""


def init(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 2222,
    as2_port: int | None = None,
    destinations: str = "",
    partners: Path | None = None,
) -> None:
    """Make an instance in `folder`, which must be new or empty. `partners` is a folder to copy partners from; the AS2
    listener is opened only with a port for it.

    Raises FileExistsError if something is there already, FileNotFoundError if there are no partners to copy.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is not empty; an instance is made in a new folder")
    copied = sorted(path.parent for path in partners.glob("*/partner.yaml")) if partners is not None else []
    if partners is not None and not copied:
        raise FileNotFoundError(f"{partners} holds no partners: folders with a partner.yaml")
    keys = folder / "keys"
    for part in (folder, keys, folder / "partners", folder / "staging"):
        part.mkdir(parents=True, exist_ok=True)
    for part in (folder, keys, folder / "staging"):
        part.chmod(0o700)
    private, public = generate_key("gateway host key")
    write_secret(keys / "host_ed25519", private)
    (keys / "host_ed25519.pub").write_text(public, encoding="utf-8")
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name) or "gateway"
    as2 = NO_AS2 if as2_port is None else AS2.format(host=host, port=as2_port)
    text = GATEWAY.format(name=name, host=host, port=port, as2=as2, destinations=destinations or NO_DESTINATION)
    (folder / "gateway.yaml").write_text(text, encoding="utf-8")
    (folder / "partners" / "README.txt").write_text(PARTNERS, encoding="utf-8")
    for source in copied:
        shutil.copytree(source, folder / "partners" / source.name)


def write_secret(path: Path, text: str) -> None:
    """A file only its owner can read, from its first byte on."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
