"""The development authority: it signs for receivers and servers of this machine, so that their certificates can be verified.

It alone makes keys and reads and writes ``certs/``. Nothing is made before it is needed, and nothing secret leaves the folder
or the process.
"""

import os
import ssl
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from msgspec import Struct

from simulator.core.errors import AuthorError
from simulator.runtime.clock import RealClock

if TYPE_CHECKING:
    import trustme  # it brings `cryptography`: 60 ms that most runs over plain http never need

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
CERTIFICATE = "ca.pem"
KEY = "ca-key.pem"


class Pair(Struct, frozen=True, gc=False):
    """A certificate with its chain and its private key, as PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "<Pair certificate and key>"


class Authority:
    """A certificate authority of our own, with ECDSA keys (RSA takes 160 times longer). Made when first asked."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._made: trustme.CA | None = None

    @classmethod
    def in_memory(cls) -> Self:
        """One that ends with the process and writes nothing."""
        return cls()

    @classmethod
    def in_folder(cls, folder: Path | str) -> Self:
        """One that is kept in ``folder`` as ``ca.pem`` and ``ca-key.pem`` (mode 0600), and made there if need be.

        What is there is read at once: a damaged, expired or unreadable one raises `AuthorError`.
        """
        authority = cls(Path(folder))
        authority._made = _load(Path(folder)) or _create(Path(folder))
        return authority

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the authority: what a client must trust. Holds no secret."""
        return self._ca.cert_pem.bytes()

    def pair(self, *names: str, not_after: datetime | None = None, not_before: datetime | None = None) -> Pair:
        """A certificate for host names and addresses, good for a server and for a client; by default the local names."""
        leaf = self._ca.issue_cert(*(names or LOCAL_NAMES), not_after=not_after, not_before=not_before)
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return Pair(chain, leaf.private_key_pem.bytes())

    def server_context(
        self, *names: str, not_after: datetime | None = None, client_certificate: bool = False
    ) -> ssl.SSLContext:
        """What a server on this machine needs to be believed; ``client_certificate`` demands one of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        load_pair(context, self.pair(*names, not_after=not_after))
        if client_certificate:
            context.load_verify_locations(cadata=self.ca_pem.decode("ascii"))
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    @property
    def _ca(self) -> "trustme.CA":
        if self._made is None:
            self._made = _new_ca()
        return self._made

    def __repr__(self) -> str:
        return f"<Authority in {self._folder or 'memory'}>"


def load_pair(context: ssl.SSLContext, pair: Pair) -> None:
    """Give ``context`` a certificate. Python's ssl reads keys from files only: a private one is there for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pair.pem")
        _write_new(file, pair.key + pair.certificate, 0o600)
        context.load_cert_chain(file)


def _new_ca() -> "trustme.CA":
    import trustme

    return trustme.CA(organization_name="Development authority of the simulator", key_type=trustme.KeyType.ECDSA)


def _load(folder: Path) -> "trustme.CA | None":
    """The authority in ``folder``, None where there is none."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    try:
        present = certificate.exists(), key.exists()
        if not any(present):
            return None
        if not all(present):
            missing, other = (KEY, CERTIFICATE) if present[0] else (CERTIFICATE, KEY)
            raise AuthorError(f"{folder}: {other} is there but {missing} is not: {_WAY_OUT}")
        pems = certificate.read_bytes(), key.read_bytes()
        if key.stat().st_mode & 0o077:
            with suppress(OSError):
                key.chmod(0o600)
    except OSError as error:
        raise AuthorError(f"{folder}: the authority cannot be read: {words(error)}") from None
    return _checked(folder, *pems)


def _checked(folder: Path, certificate_pem: bytes, key_pem: bytes) -> "trustme.CA":
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        key = load_pem_private_key(key_pem, None)
        authority = trustme.CA.from_pem(certificate_pem, key_pem)
    except (ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise AuthorError(f"{folder}: {CERTIFICATE} and {KEY} are damaged: {words(error)}: {_WAY_OUT}") from None
    if certificate.public_key() != key.public_key():
        raise AuthorError(f"{folder}: {KEY} does not belong to {CERTIFICATE}: {_WAY_OUT}")
    if certificate.not_valid_after_utc <= RealClock().now:
        raise AuthorError(f"{folder}: {CERTIFICATE} expired on {certificate.not_valid_after_utc:%Y-%m-%d}: {_WAY_OUT}")
    return authority


_WAY_OUT = "remove both for a new authority, or name another folder with --certs"


def _create(folder: Path) -> "trustme.CA":
    """A new authority in ``folder``. The folder appears whole or not at all; of two that make one, the first counts."""
    authority = _new_ca()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        home = folder if folder.is_dir() else folder.parent  # a mounted folder's parent may not be ours to write
        with tempfile.TemporaryDirectory(dir=home, prefix=f".{folder.name}-") as place:
            draft = Path(place, "certs")
            draft.mkdir(mode=0o755)
            _write_new(draft / KEY, authority.private_key_pem.bytes(), 0o600)
            _write_new(draft / CERTIFICATE, authority.cert_pem.bytes(), 0o644)
            try:
                draft.rename(folder)
            except OSError:  # it is there and holds something: another's authority, or other files
                existing = _load(folder)
                if existing is not None:
                    return existing
                (draft / KEY).replace(folder / KEY)
                (draft / CERTIFICATE).replace(folder / CERTIFICATE)
                return _load(folder) or authority
    except OSError as error:
        raise AuthorError(f"{folder}: no authority can be kept here: {words(error)}") from None
    return authority


def _write_new(file: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def words(error: Exception) -> str:
    """What went wrong with a file or a key, for a message: no path, no line of OpenSSL's source."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
