"""What the environment says: read once at start, checked as a whole, handed to whoever needs it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit


class SettingsError(Exception):
    """The environment cannot be used as it is. The text names the variable and what to do, never its value."""


LOG_LEVELS = frozenset({"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """One process's settings. Its repr is empty because URLs hold passwords."""

    data_dir: Path
    database_url: str
    database_named: bool
    owner_database_url: str | None
    auditor_database_url: str | None
    redis_url: str
    keystore: str
    http_host: str
    http_port: int
    http_tls_cert: Path | None
    http_tls_key: Path | None
    trusted_proxies: tuple[Network, ...]
    egress_allow: tuple[Network, ...]
    egress_ca_file: Path | None
    public_url: str
    log_level: str
    kill_switch: bool
    insecure_transport: bool
    host_approvals: bool
    ingest_max_bytes: int
    smtp: Mapping[str, str] = field(default_factory=dict)
    oidc: Mapping[str, str] = field(default_factory=dict)
    checkpoints_to: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<Settings>"

    @property
    def host_may_stand_in(self) -> bool:
        """May whoever has this host approve, sign and reveal for a named user (design §6)."""
        return self.host_approvals or not self.database_named


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ` (default: the process's own).

    Without DATABASE_URL or REDIS_URL the running instance of DATA_DIR is used, through its run file.

    Raises:
        SettingsError: a value has the wrong shape, or a hop would not be encrypted (design §6).
    """
    env = os.environ if environ is None else environ
    data_dir = _path(env, "DATA_DIR") or _absolute("DATA_DIR", "data")
    run = _run_file(data_dir)
    database_url = _text(env, "DATABASE_URL") or run.get("database_url", "")
    redis_url = _text(env, "REDIS_URL") or run.get("redis_url", "")
    insecure = _switch(env, "INSECURE_TRANSPORT")
    proxies = _networks(env, "TRUSTED_PROXIES")
    settings = Settings(
        data_dir=data_dir,
        database_url=database_url,
        database_named=_text(env, "DATABASE_URL") is not None,
        owner_database_url=_text(env, "OWNER_DATABASE_URL") or run.get("owner_database_url"),
        auditor_database_url=_text(env, "AUDITOR_DATABASE_URL"),
        redis_url=redis_url,
        keystore=_text(env, "KEYSTORE") or str(data_dir / "keystore.json"),
        http_host=(_text(env, "HTTP_HOST") or "127.0.0.1").removeprefix("[").removesuffix("]"),
        http_port=_port(env, "HTTP_PORT", 8080),
        http_tls_cert=_path(env, "HTTP_TLS_CERT"),
        http_tls_key=_path(env, "HTTP_TLS_KEY"),
        trusted_proxies=proxies,
        egress_allow=_networks(env, "EGRESS_ALLOW"),
        egress_ca_file=_path(env, "EGRESS_CA_FILE"),
        public_url=_public_url(env) or run.get("http_url", ""),
        log_level=_log_level(env),
        kill_switch=_switch(env, "KILL_SWITCH"),
        insecure_transport=insecure,
        host_approvals=_switch(env, "HOST_APPROVALS"),
        ingest_max_bytes=_whole(env, "INGEST_MAX_BYTES", 1024 * 1024),
        smtp=_group(env, "SMTP_"),
        oidc=_group(env, "OIDC_"),
        checkpoints_to=tuple((_text(env, "CHECKPOINTS_TO") or "").replace(",", " ").split()),
    )
    if not insecure:
        for name, url in (
            ("DATABASE_URL", settings.database_url),
            ("OWNER_DATABASE_URL", settings.owner_database_url or ""),
            ("AUDITOR_DATABASE_URL", settings.auditor_database_url or ""),
        ):
            check_postgres_hop(name, url)
        check_redis_hop("REDIS_URL", settings.redis_url)
    check_places("CHECKPOINTS_TO", settings.checkpoints_to, insecure=insecure)
    return settings


def hops(settings: Settings) -> list[tuple[str, str]]:
    """(hop, how it is protected on the way) for every hop between parts, for the evidence; without any address."""
    return [
        ("to the database", _protection(settings.database_url)),
        ("to the broker", _protection(settings.redis_url)),
        ("from clients", _listening(settings)),
        (
            "refusal of unencrypted hops",
            "SWITCHED OFF: ALERTVEIL_INSECURE_TRANSPORT is on" if settings.insecure_transport else "on",
        ),
    ]


def _protection(url: str) -> str:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.scheme in {"unix", "redis+socket"} or _stays(parts, query):
        return "does not leave the host"
    if parts.scheme == "rediss" or query.get("sslmode") == ["verify-full"]:
        return "TLS, the certificate verified against the name"
    return "NOT VERIFIED: it may be in the clear"


def _listening(settings: Settings) -> str:
    if settings.http_tls_cert:
        return "TLS ends in Alertveil"
    if settings.trusted_proxies:
        return "TLS ends in a trusted proxy"
    return "does not leave the host" if is_loopback(settings.http_host) else "NOT ENCRYPTED"


def check_listener(settings: Settings) -> None:
    """Refuse to serve in the clear beyond loopback.

    Raises:
        SettingsError: the listener is not loopback and has neither TLS nor a trusted proxy in front of it, or its
            certificate and key cannot be used.
    """
    if (settings.http_tls_cert is None) is not (settings.http_tls_key is None):
        raise SettingsError("ALERTVEIL_HTTP_TLS_CERT and ALERTVEIL_HTTP_TLS_KEY come together: one of them is missing.")
    if settings.http_tls_cert is not None:
        _check_certificate(settings.http_tls_cert, settings.http_tls_key)
    if settings.insecure_transport or settings.http_tls_cert or settings.trusted_proxies:
        return
    if not is_loopback(settings.http_host):
        raise SettingsError(
            "ALERTVEIL_HTTP_HOST is not loopback: set ALERTVEIL_HTTP_TLS_CERT and ALERTVEIL_HTTP_TLS_KEY, or name the "
            "proxy that ends TLS in ALERTVEIL_TRUSTED_PROXIES."
        )


def _check_certificate(certificate: Path, key: Path | None) -> None:
    import ssl  # noqa: PLC0415 - costs memory that only a process which ends TLS needs

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise SettingsError(
            "ALERTVEIL_HTTP_TLS_CERT and ALERTVEIL_HTTP_TLS_KEY cannot be used: both are readable PEM files, the "
            "certificate with its chain and the key that belongs to it, without a passphrase."
        ) from None


def check_postgres_hop(name: str, url: str) -> None:
    """Refuse a Postgres URL whose hop is neither local nor verified TLS. Raises SettingsError."""
    if not url:
        return
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres"):
        raise SettingsError(f"ALERTVEIL_{name} is no postgresql:// URL.")
    query = parse_qs(parts.query)
    if _stays(parts, query):
        return
    if query.get("sslmode") != ["verify-full"]:
        raise SettingsError(
            f"ALERTVEIL_{name} leaves this host unverified: add sslmode=verify-full (and sslrootcert=…) to it, or set "
            "ALERTVEIL_INSECURE_TRANSPORT=on, which doctor and the evidence will show."
        )


def _stays(parts: SplitResult, query: Mapping[str, list[str]]) -> bool:
    """Is every server of this URL on this host: libpq takes several, and goes to `hostaddr` whatever `host` says.

    See https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING.
    """
    named = ",".join([*(query.get("host") or [parts.hostname or ""]), *query.get("hostaddr", [])])
    return all(host.startswith("/") or host == "" or is_loopback(host) for host in named.split(","))


def check_redis_hop(name: str, url: str) -> None:
    """Refuse a Redis URL whose hop is neither local nor TLS. Raises SettingsError."""
    if not url or url.startswith(("rediss://", "redis+socket://", "unix://")):
        return
    if not url.startswith("redis://"):
        raise SettingsError(f"ALERTVEIL_{name} is no redis://, rediss:// or unix:// URL.")
    if not is_loopback(urlsplit(url).hostname or "localhost"):
        raise SettingsError(
            f"ALERTVEIL_{name} leaves this host in the clear: use rediss://, or set ALERTVEIL_INSECURE_TRANSPORT=on, "
            "which doctor and the evidence will show."
        )


def check_places(name: str, urls: Sequence[str], *, insecure: bool) -> None:
    """Refuse a place for checkpoints that nobody knows, or that is reached in the clear. Raises SettingsError."""
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme == "s3" and parts.netloc:
            continue
        if parts.scheme not in {"syslog", "syslog+tcp", "syslog+tls"} or not (parts.netloc or parts.path):
            raise SettingsError(
                f"ALERTVEIL_{name} must be a list of s3://bucket/prefix, syslog+tls://host:port or syslog:///dev/log."
            )
        local = not parts.netloc or is_loopback(parts.hostname or "")
        if parts.scheme != "syslog+tls" and not local and not insecure:
            raise SettingsError(
                f"ALERTVEIL_{name} leaves this host in the clear: use syslog+tls://, or set "
                "ALERTVEIL_INSECURE_TRANSPORT=on, which doctor and the evidence will show."
            )


def is_loopback(host: str) -> bool:
    """True for localhost and loopback literals; a name is never looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _run_file(data_dir: Path) -> dict[str, str]:
    """The strings of DATA_DIR/run.json, or nothing when no instance has written one."""
    import json  # noqa: PLC0415 - most processes are told everything by their environment

    try:
        found = json.loads((data_dir / "run.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _text(env: Mapping[str, str], name: str) -> str | None:
    """The variable, or what the file holds that its `_FILE` twin names: a password in a URL then needs no variable."""
    value = env.get("ALERTVEIL_" + name)
    file = env.get(f"ALERTVEIL_{name}_FILE")
    if value or not file:
        return value or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, ValueError):
        raise SettingsError(f"ALERTVEIL_{name}_FILE names a file that cannot be read.") from None


def _switch(env: Mapping[str, str], name: str) -> bool:
    value = (_text(env, name) or "off").lower()
    if value in {"on", "1", "true", "yes"}:
        return True
    if value in {"off", "0", "false", "no"}:
        return False
    raise SettingsError(f"ALERTVEIL_{name} must be on or off.")


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    value = _text(env, name)
    if value is None:
        return default
    if not value.isascii() or not value.isdigit():
        raise SettingsError(f"ALERTVEIL_{name} must be a whole number.")
    return int(value)


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    port = _whole(env, name, default)
    if port > 65535:  # noqa: PLR2004 - the highest TCP port
        raise SettingsError(f"ALERTVEIL_{name} must be a port, 0 to 65535.")
    return port


def _path(env: Mapping[str, str], name: str) -> Path | None:
    value = _text(env, name)
    return _absolute(name, value) if value else None


def _absolute(name: str, value: str) -> Path:
    try:
        return Path(value).expanduser().absolute()
    except (OSError, RuntimeError):  # the working directory was removed; nobody's home
        raise SettingsError(
            f"ALERTVEIL_{name} starts from a directory that is not there: give its whole path."
        ) from None


def _log_level(env: Mapping[str, str]) -> str:
    level = (_text(env, "LOG_LEVEL") or "info").upper()
    if level not in LOG_LEVELS:
        raise SettingsError("ALERTVEIL_LOG_LEVEL must be debug, info, warning, error or critical.")
    return level


def _public_url(env: Mapping[str, str]) -> str:
    """Without its last slash. It begins every link that leaves, and a vendor refuses a message for one that is none."""
    url = (_text(env, "PUBLIC_URL") or "").rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if url and not (usable and url.isascii() and url.isprintable() and " " not in url):
        raise SettingsError("ALERTVEIL_PUBLIC_URL must be the address people open, such as https://alertveil.example.")
    return url


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    value = _text(env, name) or ""
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in value.replace(",", " ").split())
    except ValueError:
        raise SettingsError(f"ALERTVEIL_{name} must be a list of CIDRs, such as 10.0.0.0/8,192.0.2.0/24.") from None


def _group(env: Mapping[str, str], prefix: str) -> dict[str, str]:
    full = "ALERTVEIL_" + prefix
    return {key.removeprefix(full).lower(): value for key, value in env.items() if key.startswith(full) and value}
