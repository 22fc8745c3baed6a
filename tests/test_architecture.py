"""The rules of the house that import-linter cannot say: who may import what, no partner in code, sizes, secrets."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted([*(ROOT / "edi").rglob("*.py"), *(ROOT / "gateway").rglob("*.py")])

# package -> the only modules that may import it
ONLY_IN = {
    "pyx12": ("edi.crosscheck",),
    "pydifact": ("edi.crosscheck",),
    "lxml": ("edi.syntax.xml",),
    "sqlalchemy": ("gateway.ledger",),
    "alembic": ("gateway.ledger",),
    "asyncssh": ("gateway.transports.sftp",),
    "apscheduler": ("gateway.clock",),
    "yaml": ("edi.yaml_source", "gateway.sandbox"),
}
LONG_FILES: dict[str, str] = {}  # file -> the decision that says why it is above 400 lines


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("package", ONLY_IN)
def test_a_package_is_imported_only_where_it_belongs(package: str) -> None:
    wrong = [
        module_of(path)
        for path in CODE
        if any(name.partition(".")[0] == package for name in imports(path))
        and not module_of(path).startswith(ONLY_IN[package])
    ]
    assert wrong == []


def test_the_daemon_uses_only_public_names_of_the_library() -> None:
    wrong = [
        f"{module_of(path)} imports {name}"
        for path in CODE
        if module_of(path).startswith("gateway")
        for name in imports(path)
        if name.startswith("edi.") and not name.startswith("edi.documents")
    ]
    assert wrong == []


def test_no_partner_name_in_code() -> None:
    partners = [path.parent.name for path in (ROOT / "partners").glob("*/partner.yaml")]
    assert partners
    names = re.compile(rf"\b({'|'.join(partners)})\b", re.IGNORECASE)
    assert [module_of(path) for path in CODE if names.search(path.read_text(encoding="utf-8"))] == []


def test_no_partner_name_in_the_shipped_maps() -> None:
    names = re.compile("|".join(path.parent.name for path in (ROOT / "partners").glob("*/partner.yaml")), re.IGNORECASE)
    assert [p.name for p in (ROOT / "maps").rglob("*.yaml") if names.search(p.read_text(encoding="utf-8"))] == []


def test_files_stay_short() -> None:
    long = {str(p.relative_to(ROOT)): n for p in CODE if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert set(long) == set(LONG_FILES)


def test_every_module_says_what_it_is() -> None:
    silent = [
        module_of(path)
        for path in CODE
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_importing_the_library_loads_nothing_of_the_daemon() -> None:
    unwanted = ("sqlalchemy", "asyncssh", "apscheduler", "asyncio", "fastapi", "gateway", "pyx12", "pydifact", "lxml")
    program = f"import sys, edi; print([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{module_of(path)}:{node.lineno}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and all(isinstance(part, ast.Pass) for part in node.body)
    ]
    assert swallowed == []
