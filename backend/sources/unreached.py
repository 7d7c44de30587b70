"""What a person is told of a server that cannot be reached, or breaks off: one sentence for each way.

Only our own words: what the other side, or a library, says is never shown.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from backend.errors import NoSuchSource, QueryTimedOut, SourceError, SourceUnavailable

CUT_OFF = "the answer was cut off"
_UNKNOWN = "is of an authority that is not known here; parcours source add --ca-file names one of your own"
_CERTIFICATES = {
    9: "is not valid yet; is the clock of this machine right?",
    10: "has expired",
    18: "is self-signed and not known here; parcours source add --ca-file names it",
    19: _UNKNOWN,
    20: _UNKNOWN,
    21: _UNKNOWN,
    62: "is for another name than {host}",
    64: "is for another name than {host}",
}
"""What is wrong with a certificate, by OpenSSL's code. Source: openssl/x509_vfy.h"""


def translated(
    error: httpx.HTTPError, address: str, *, has_begun: bool, connect_s: float, proxy: str | None = None
) -> SourceError:
    """One sentence for each way in which a server cannot be reached.

    has_begun: the answer's head came. connect_s: how long a connection was waited for. proxy: what stands
    between, so that it is who cannot be reached.
    """
    causes = list(_causes(error))
    host = urlsplit(address).hostname
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            wrong = _CERTIFICATES.get(cause.verify_code, "cannot be trusted").format(host=host)
            return SourceUnavailable(f"{address}: its certificate {wrong}")
    lost = ConnectionRefusedError, socket.gaierror, httpx.ConnectTimeout
    if proxy is not None and any(isinstance(cause, lost) for cause in causes):
        return SourceUnavailable(f"{address}: the proxy {urlsplit(proxy).hostname} cannot be reached")
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            if cause.errno == socket.EAI_AGAIN:
                return SourceUnavailable(f"{address}: the name {host} cannot be looked up now")
            return NoSuchSource(f"{address}: there is no host {host}")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return SourceUnavailable(f"{address} refuses the connection: nothing listens there now")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return SourceUnavailable(f"{address} does not speak TLS as it should; is it an http address?")
    if isinstance(error, httpx.ProxyError):
        return SourceUnavailable("the proxy does not let the connection through")
    if isinstance(error, httpx.ConnectTimeout):
        return SourceUnavailable(f"{address} cannot be reached: no connection in {connect_s:g} s")
    if isinstance(error, httpx.TimeoutException):
        return QueryTimedOut(f"{address} has stopped answering")
    if isinstance(error, httpx.ConnectError):
        return SourceUnavailable(f"{address} cannot be reached from here")
    if isinstance(error, httpx.RemoteProtocolError):
        if has_begun:
            return SourceUnavailable(f"{address}: {CUT_OFF}")
        if "disconnected" in str(error):  # Source: httpcore's words; no class of its own
            return SourceUnavailable(f"{address} closed the connection before it had answered")
        return SourceUnavailable(f"{address}: its answer is no valid HTTP; something else may listen there")
    return SourceUnavailable(f"the connection to {address} broke")


def _causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
