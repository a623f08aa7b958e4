"""Whom a callout trusts: the context for the client's end of TLS.

It alone says whether a receiver is verified, and against what. Contexts are built once, and only when first needed: the
system's authorities take tens of milliseconds to load.
"""

import ssl
from collections.abc import Iterable
from pathlib import Path

from simulator.core.errors import AuthorError
from simulator.runtime.authority import LOCAL_NAMES, Authority, Pair, words

__all__ = ["LOCAL_NAMES", "Authority", "ClientTrust", "Pair"]


class ClientTrust:
    """Whom a callout believes: the system's authorities, ours, and those of ``ca`` files; TLS 1.2 and above.

    The system's are those that OpenSSL finds, so ``SSL_CERT_FILE`` counts. ``certificate`` and ``key`` are PEM files of our
    own side (mutual TLS). Receivers in ``insecure_hosts`` (``host`` or ``host:port``) are not verified.
    Files that cannot be read raise `AuthorError` here, not at the first callout.
    """

    def __init__(
        self,
        *,
        authority: Authority | None = None,
        ca: Iterable[Path | str] = (),
        certificate: Path | str | None = None,
        key: Path | str | None = None,
        insecure_hosts: Iterable[str] = (),
    ) -> None:
        self._authority = authority
        self._extra = [_certificates(Path(file)) for file in ca]
        self._own = (str(certificate), str(key) if key else None) if certificate else None
        self._insecure = frozenset(host.lower().removesuffix(".") for host in insecure_hosts)
        self._verifying: dict[str, ssl.SSLContext] = {}
        self._blind: ssl.SSLContext | None = None
        if self._own is not None:
            self._present(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    def insecure(self, host: str, port: int) -> bool:
        """Whether the certificate of this receiver is left unverified."""
        return bool(self._insecure) and (host in self._insecure or f"{host}:{port}" in self._insecure)

    def context(self, host: str, port: int, trusted: str = "") -> ssl.SSLContext:
        """The context for a connection to a receiver; built once for all that are verified, once for those that are not.

        ``trusted``: one more certificate to believe, in PEM, with a context for each. Raises `AuthorError` where it is none.
        """
        if self.insecure(host, port):
            if self._blind is None:
                self._blind = self._fresh()
                self._blind.check_hostname = False
                self._blind.verify_mode = ssl.CERT_NONE
            return self._blind
        context = self._verifying.get(trusted)
        if context is None:
            context = self._fresh()
            context.load_default_certs()
            for pem in (*self._extra, *((self._authority.ca_pem,) if self._authority else ())):
                context.load_verify_locations(cadata=_ascii(pem))
            if trusted:
                _believe(context, trusted)
            self._verifying[trusted] = context
        return context

    def _fresh(self) -> ssl.SSLContext:
        # Not create_default_context: from Python 3.13 it adds strict X.509 rules that many a development authority breaks.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        self._present(context)
        return context

    def _present(self, context: ssl.SSLContext) -> None:
        if self._own is None:
            return
        try:
            # The password keeps OpenSSL from asking on the terminal.
            context.load_cert_chain(*self._own, password=_no_password)
        except (OSError, ValueError) as error:
            raise AuthorError(f"client certificate {self._own[0]}: {words(error)}") from None

    def __repr__(self) -> str:
        unverified = f", {len(self._insecure)} not verified" if self._insecure else ""
        return f"<ClientTrust system, {self._authority!r}, {len(self._extra)} more{unverified}>"


def _certificates(file: Path) -> bytes:
    try:
        pem = file.read_bytes()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_ascii(pem))
    except (OSError, ValueError) as error:
        raise AuthorError(f"authority file {file}: {words(error)}") from None
    return pem


def _ascii(pem: bytes) -> str:
    """The text for OpenSSL: what people write between certificates may hold any letter, and it takes none but ASCII."""
    return pem.decode("ascii", errors="ignore")


def _believe(context: ssl.SSLContext, pem: str) -> None:
    """Trust a certificate as it stands: a receiver's own, signed by itself or not, as well as an authority's."""
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise AuthorError(f"the certificate of the callout template cannot be read: {words(error)}") from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _no_password() -> str:
    raise ValueError("its key is protected by a password")
