"""A self-signed certificate, and servers that show it."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def new_certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 and its key in this folder, and return it; needs openssl."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def tls_context(certificate: Path, *protocols: str) -> ssl.SSLContext:
    """Return the context of a server that offers these protocols, or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    if protocols:
        context.set_alpn_protocols(protocols)
    return context
