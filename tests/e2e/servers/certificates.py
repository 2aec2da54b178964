"""A certificate authority for one test run, made with the openssl command. It signs a leaf for all requested names, and
a client certificate."""

import ipaddress
import pathlib
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Certificates:
    ca: pathlib.Path
    chain: pathlib.Path
    key: pathlib.Path
    client_chain: pathlib.Path = None
    client_key: pathlib.Path = None


# host names of the replay server in all tests
PROVIDER_HOSTS = (
    "localhost",
    "127.0.0.1",
    "api.openai.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "api.groq.com",
    "llm.corp.test",
)


def _openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


def _subject_alt_name(host):
    try:
        return f"IP:{ipaddress.ip_address(host)}"
    except ValueError:
        return f"DNS:{host}"


def make(folder, hosts=PROVIDER_HOSTS):
    """Writes ca.pem, leaf.pem, leaf.key, client.pem and client.key into `folder`; valid for two days."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = ",".join(_subject_alt_name(h) for h in dict.fromkeys(hosts))
    (folder / "leaf.ext").write_text(
        f"subjectAltName={names}\nbasicConstraints=CA:false\nextendedKeyUsage=serverAuth\n"
        "keyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=folder,
    )
    _openssl("req", "-new", *new_key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=test provider", cwd=folder)
    _openssl(
        "x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2", "-days", "2",
        "-extfile", "leaf.ext", "-out", "leaf.pem", cwd=folder,
    )
    (folder / "client.ext").write_text("basicConstraints=CA:false\nextendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n")
    _openssl("req", "-new", *new_key, "-keyout", "client.key", "-out", "client.csr", "-subj", "/CN=test client", cwd=folder)
    _openssl(
        "x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "3", "-days", "2",
        "-extfile", "client.ext", "-out", "client.pem", cwd=folder,
    )
    return Certificates(*(folder / name for name in ("ca.pem", "leaf.pem", "leaf.key", "client.pem", "client.key")))
