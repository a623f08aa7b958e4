"""The HMAC header of a callout template ("Create a callout template"; documented): what is signed, how, and how it is shown.

It alone decides that. It keeps no secret and knows no other header's meaning.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping

from msgspec import structs

from simulator.zuora.callouts.merge_fields import DataSource
from simulator.zuora.notifications.definitions import CalloutTemplate, HmacAlgorithm, HmacOutputFormat

DIGESTS: Mapping[HmacAlgorithm, str] = {
    HmacAlgorithm.MD5: "md5",
    HmacAlgorithm.SHA_1: "sha1",
    HmacAlgorithm.SHA_224: "sha224",
    HmacAlgorithm.SHA_256: "sha256",
    HmacAlgorithm.SHA_384: "sha384",
    HmacAlgorithm.SHA_512: "sha512",
}

# What a template that leaves these out means (inferred).
BODY = "{{Request.Body}}"
SIGNED = "{{Request.HMAC.Signed}}"


def signature_header(
    template: CalloutTemplate, headers: Iterable[tuple[str, str]], body: bytes, source: DataSource
) -> tuple[str, str] | None:
    """Name and value of the HMAC header for a request with these headers; None where the template asks for none.

    ``{{Request.Headers.X}}`` (in any case) and ``{{Request.Body}}`` may stand in the data, ``{{Request.HMAC.Signed}}``
    in the value, every other merge field in either. Of two headers of one name the last one counts.
    """
    if not template.hmac_key or not template.hmac_secret:
        return None
    request = {f"request.headers.{name.lower()}": value for name, value in headers}
    request["request.body"] = body.decode("utf-8", "replace")
    plain = structs.replace(source, empty="", extra=request)
    signed = sign(
        template.hmac_secret,
        plain.fill(template.hmac_data or BODY),
        template.hmac_algorithm or HmacAlgorithm.SHA_256,
        template.hmac_output_format or HmacOutputFormat.BASE64,
    )
    showing = structs.replace(plain, extra={**request, "request.hmac.signed": signed})
    return plain.fill(template.hmac_key), showing.fill(template.hmac_value or SIGNED)


def sign(secret: str, data: str, algorithm: HmacAlgorithm, output: HmacOutputFormat) -> str:
    """The HMAC of the data's UTF-8 bytes, in Base64 or lower-case hex."""
    key, message = (text.encode("utf-8", "replace") for text in (secret, data))
    digest = hmac.digest(key, message, DIGESTS[algorithm])
    return digest.hex() if output is HmacOutputFormat.HEX else base64.b64encode(digest).decode("ascii")
