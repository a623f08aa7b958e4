"""The development authority: what it writes, what it refuses, and that it costs nothing before it is asked."""

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from simulator.core.errors import AuthorError
from simulator.runtime.tls import Authority, ClientTrust


def test_folder_is_made_on_demand(tmp_path: Path) -> None:
    """A folder that is not there is made with its parents; the key is for its owner alone, and nothing else is left."""
    folder = tmp_path / "deep" / "certs"
    authority = Authority.in_folder(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["ca-key.pem", "ca.pem"]
    assert [path.name for path in folder.parent.iterdir()] == ["certs"]
    assert stat.S_IMODE((folder / "ca-key.pem").stat().st_mode) == 0o600
    assert (folder / "ca.pem").read_bytes() == authority.ca_pem
    assert b"PRIVATE" not in authority.ca_pem


def test_folder_is_read_again(tmp_path: Path) -> None:
    """A second start goes on with the authority of the first."""
    first, second = Authority.in_folder(tmp_path / "certs"), Authority.in_folder(tmp_path / "certs")
    assert first.ca_pem == second.ca_pem
    issuer = x509.load_pem_x509_certificate(second.ca_pem)
    x509.load_pem_x509_certificate(second.pair("localhost").certificate).verify_directly_issued_by(issuer)


def test_folder_that_holds_other_files(tmp_path: Path) -> None:
    """Files that are there already stay as they are, and an empty folder is as good as none."""
    (tmp_path / "notes.txt").write_text("mine")
    Authority.in_folder(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca-key.pem", "ca.pem", "notes.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    Authority.in_folder(empty)
    assert len(list(empty.iterdir())) == 2


def test_key_that_others_may_read_is_closed(tmp_path: Path) -> None:
    """A key with wider permissions gets the narrow ones back."""
    Authority.in_folder(tmp_path)
    (tmp_path / "ca-key.pem").chmod(0o644)
    Authority.in_folder(tmp_path)
    assert stat.S_IMODE((tmp_path / "ca-key.pem").stat().st_mode) == 0o600


def other() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("ca.pem", b"", "damaged"),
        ("ca.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "damaged"),
        ("ca-key.pem", b"no key", "damaged"),
        ("ca-key.pem", None, "ca-key.pem is not"),
        ("ca.pem", None, "ca.pem is not"),
        ("ca-key.pem", other().private_key_pem.bytes(), "does not belong"),
    ],
    ids=["empty", "damaged certificate", "damaged key", "no key", "no certificate", "another key"],
)
def test_damaged_folder(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    """A folder that cannot be used is told with its path and a way out, and left as it is."""
    Authority.in_folder(tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(AuthorError, match=says) as caught:
        Authority.in_folder(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "--certs" in str(caught.value)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_expired_authority(tmp_path: Path) -> None:
    """An authority that has run out is told with its date."""
    ca = other()
    issued = ca.issue_cert(
        "localhost", not_before=datetime(2020, 1, 1, tzinfo=UTC), not_after=datetime(2021, 1, 1, tzinfo=UTC)
    )
    (tmp_path / "ca.pem").write_bytes(issued.cert_chain_pems[0].bytes())
    (tmp_path / "ca-key.pem").write_bytes(issued.private_key_pem.bytes())
    with pytest.raises(AuthorError, match="expired on 2021-01-01"):
        Authority.in_folder(tmp_path)


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    """A path that cannot be a folder is one clear error."""
    (tmp_path / "certs").write_text("")
    with pytest.raises(AuthorError, match="certs"):
        Authority.in_folder(tmp_path / "certs")


def test_nothing_secret_in_a_repr() -> None:
    """Neither the authority nor a pair shows its key."""
    authority = Authority.in_memory()
    assert repr(authority.pair()) == "<Pair certificate and key>"
    assert repr(authority) == "<Authority in memory>"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ca": ["missing.pem"]}, "authority file missing.pem"),
        ({"certificate": "missing.pem"}, "client certificate missing.pem"),
    ],
)
def test_files_that_are_missing(given: dict[str, list[str]], says: str) -> None:
    """A file that is named and cannot be read is told at the start, not at the first callout."""
    with pytest.raises(AuthorError, match=says):
        ClientTrust(**given)  # type: ignore[arg-type]  # the table holds one keyword a row


def test_files_that_are_no_certificates(tmp_path: Path) -> None:
    """So is one that holds something else."""
    file = tmp_path / "ca.pem"
    file.write_text("nothing")
    with pytest.raises(AuthorError, match="authority file"):
        ClientTrust(ca=[file])
    with pytest.raises(AuthorError, match="client certificate"):
        ClientTrust(certificate=file)


def test_nothing_heavy_is_imported() -> None:
    """Neither the import nor the making of an authority brings cryptography: only a first certificate does."""
    code = (
        "import sys; from simulator.runtime.tls import Authority, ClientTrust; from simulator.runtime.wire import Wire;"
        "Wire(trust=ClientTrust(authority=Authority.in_memory()));"
        "print([name for name in ('trustme', 'cryptography', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
