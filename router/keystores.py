"""Keystores hold the wrapping key, outside the database: a file, the environment, HashiCorp Vault's transit, AWS KMS.

What a keystore wraps are 32-byte keys; nothing larger ever goes there. A remote one is asked with a deadline, its
health is asked for by whoever needs it first, and its being away is one sentence with no address or secret in it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import importlib
import json
import logging
import os
import secrets
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    from types import ModuleType

NONCE: Final = 12
"""Bytes of an AES-GCM nonce (NIST SP 800-38D §8.2.2: 96 random bits)."""

CONNECT: Final = 2.0
ANSWER: Final = 5.0
"""Seconds that a remote keystore has to be reached and to answer."""

GOOD_FOR: Final = 5.0
"""Seconds for which a remote keystore that answered counts as there: so soon is its loss noticed."""

AGAIN_AFTER: Final = 1.0
"""Seconds after which one that was away is asked again."""

Answer = TypeVar("Answer")

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class KeystoreDown(Exception):  # noqa: N818 - says what is the matter
    """The keystore cannot be used: nothing can be sealed or opened until it is back. The text says what to do."""


class IntegrityFailure(Exception):  # noqa: N818
    """A ciphertext does not belong where it was found: it was moved, edited, or sealed under another key."""


class CannotRotate(Exception):  # noqa: N818 - the answer
    """This keystore makes no new key by itself. The text says who makes it and how."""


class Wrapped(NamedTuple):
    """A wrapped key and the name of the key that wrapped it."""

    wrapped: bytes
    by: str

    def __repr__(self) -> str:
        return f"<Wrapped by {self.by}>"


class Keystore(Protocol):
    """Wraps keys with one that never leaves it."""

    @property
    def current(self) -> str:
        """The name of the key that wraps now. Raises KeystoreDown."""

    def check(self) -> None:
        """Can it be used now. Cheap enough for every request. Raises KeystoreDown."""

    def seal(self, key: bytes, context: bytes) -> Wrapped:
        """`key` wrapped by the current key, bound to `context`. Raises KeystoreDown."""

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The bytes of `seal`. Raises KeystoreDown."""

    def unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """The key again. Raises KeystoreDown or IntegrityFailure."""

    def rotate(self) -> str:
        """Make a new current key and return its name; the old one still opens. Raises CannotRotate, KeystoreDown."""


def encrypt(key: AESGCM, value: bytes, context: bytes) -> bytes:
    """Nonce, ciphertext and tag, bound to `context`."""
    nonce = os.urandom(NONCE)
    return nonce + key.encrypt(nonce, value, context)


def decrypt(key: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """The value again. Raises IntegrityFailure."""
    try:
        return key.decrypt(sealed[:NONCE], sealed[NONCE:], context)
    except (InvalidTag, ValueError):
        raise IntegrityFailure("A sealed value does not open where it stands.") from None


def is_file(where: str) -> bool:
    """Does this ALERTVEIL_KEYSTORE name a file."""
    return "://" not in where and not where.startswith("env:")


def open_keystore(where: str, environ: Mapping[str, str] | None = None) -> Keystore:
    """The keystore that ALERTVEIL_KEYSTORE names; nothing is asked of it yet.

    `env:NAME` · `vault+https://HOST:PORT/MOUNT/KEY?namespace=NS` · `awskms:///KEY?region=REGION` (KEY: alias/…, an id
    or an ARN) · anything else is a file's path. Credentials never stand in it: see `VaultKeystore` and `KmsKeystore`.

    Raises:
        KeystoreDown: the URL cannot be used.
    """
    env = os.environ if environ is None else environ
    if is_file(where):
        return FileKeystore(Path(where))
    if where.startswith("env:"):
        return EnvironmentKeystore(where.removeprefix("env:"), env)
    try:
        parts = urlsplit(where)
        port = parts.port
    except ValueError:
        raise KeystoreDown("ALERTVEIL_KEYSTORE is no usable URL.") from None
    if parts.username or parts.password:
        raise KeystoreDown("ALERTVEIL_KEYSTORE holds a user or a password: credentials do not belong into a URL.")
    if parts.scheme in {"vault+https", "vault+http"}:
        return VaultKeystore(parts, port, env)
    if parts.scheme == "awskms":
        return KmsKeystore(parts, port)
    raise KeystoreDown("ALERTVEIL_KEYSTORE is a file, env:NAME, vault+https://… or awskms://….")


class Local:
    """Keys that this process holds itself, by name: what the file and the environment have in common."""

    def __init__(self) -> None:
        self._current = ""
        self._keys: dict[str, AESGCM] = {}

    @abstractmethod
    def check(self) -> None:
        """Read the keys if they may have changed. Raises KeystoreDown."""

    @property
    def current(self) -> str:
        """The name of the key that wraps now."""
        self.check()
        return self._current

    def seal(self, key: bytes, context: bytes) -> Wrapped:
        """AES-256-GCM: nonce, ciphertext, tag."""
        self.check()
        name, keys = self._current, self._keys
        return Wrapped(encrypt(keys[name], key, context), name)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The bytes of `seal`."""
        return self.seal(key, context).wrapped

    def unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """The wrapped key again."""
        self.check()
        key = self._keys.get(wrapped_by)
        if key is None:
            raise KeystoreDown(
                "The keystore does not hold the key that wrapped this tenant's keys: restore the keystore that belongs "
                "to this database."
            )
        return decrypt(key, wrapped, context)


class FileKeystore(Local):
    """A JSON file, mode 0600, outside the database: {"current": name, "keys": {name: base64 of 32 bytes}}."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def __repr__(self) -> str:
        return "<FileKeystore>"

    def check(self) -> None:
        """Read the file when it changed, so that a rotation reaches every process."""
        try:
            status = self._path.stat()
            mark = (status.st_mtime_ns, status.st_ino, status.st_size)
            if mark == self._seen:
                return
            if status.st_mode & 0o077:
                raise KeystoreDown("The keystore file is open to others: make it mode 0600.")
            current, texts = _read(self._path)
            keys = {name: AESGCM(base64.b64decode(text)) for name, text in texts.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise KeystoreDown(
                "The keystore file cannot be read: it must be where ALERTVEIL_KEYSTORE says, as `alertveil keys init` "
                "made it."
            ) from None
        if current not in keys:
            raise KeystoreDown("The keystore file names a current key that it does not hold: restore it from a backup.")
        self._keys, self._current, self._seen = keys, current, mark

    def rotate(self) -> str:
        """Add a fresh key and make it current; the file is replaced in one step."""
        self.check()
        with _alone(self._path) as fresh:
            _, texts = _read(self._path)
            name = _name()
            _write(fresh, name, texts | {name: base64.b64encode(secrets.token_bytes(32)).decode()})
            fresh.replace(self._path)
        self.check()
        return name

    def forget(self, name: str) -> None:
        """Destroy a key that is not current: what it wrapped, backups included, opens never again.

        Raises:
            CannotRotate: it is current, or not there.
            KeystoreDown: the file cannot be read.
        """
        self.check()
        with _alone(self._path) as fresh:
            current, texts = _read(self._path)
            if name == current or name not in texts:
                raise CannotRotate("Only a key of this keystore that is not the current one can be destroyed.")
            _write(fresh, current, {each: text for each, text in texts.items() if each != name})
            fresh.replace(self._path)
        self.check()


def init_file(path: Path) -> bool:
    """Make a keystore file with one fresh key, mode 0600; False when there is one already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = _name()
    fresh = path.with_name(path.name + f".{os.getpid()}.new")
    try:
        _write(fresh, name, {name: base64.b64encode(secrets.token_bytes(32)).decode()})
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink(missing_ok=True)
    return True


def _name() -> str:
    return "k" + secrets.token_hex(4)


def _read(path: Path) -> tuple[str, dict[str, str]]:
    found = json.loads(path.read_bytes())
    return found["current"], dict(found["keys"])


def _write(path: Path, current: str, keys: Mapping[str, str]) -> None:
    """A new file with these keys, on the disk when this returns. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps({"current": current, "keys": keys}) + "\n")
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[Path]:
    """Where the file's next form is written, by one process at a time. Raises CannotRotate."""
    fresh = path.with_name(path.name + ".new")
    lock = path.with_name(path.name + ".lock")
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise CannotRotate(
            f"Another process changes the keystore file now; if none does, remove {lock.name} beside it."
        ) from None
    try:
        fresh.unlink(missing_ok=True)
        yield fresh
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        fresh.unlink(missing_ok=True)
        lock.unlink(missing_ok=True)


class EnvironmentKeystore(Local):
    """Base64 keys of 32 bytes in one variable, with commas or spaces between; the first wraps, all of them open.

    A key's name is made of its hash, so it is the same in every process. The variable is read when the process starts.
    """

    def __init__(self, variable: str, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._wrong = ""
        try:
            texts = environ.get(variable, "").replace(",", " ").split()
            raws = [base64.b64decode(text, validate=True) for text in texts]
        except ValueError:
            raws = []
        if not raws or any(len(raw) != 32 for raw in raws):  # noqa: PLR2004 - AES-256
            self._wrong = (
                "The variable that ALERTVEIL_KEYSTORE names must hold one or more base64 keys of 32 bytes each "
                "(`openssl rand -base64 32` makes one)."
            )
            return
        named = {"e" + hashlib.sha256(b"alertveil key name v1" + raw).hexdigest()[:8]: raw for raw in raws}
        self._keys = {name: AESGCM(raw) for name, raw in named.items()}
        self._current = next(iter(named))

    def __repr__(self) -> str:
        return "<EnvironmentKeystore>"

    def check(self) -> None:
        """Were there keys when this process started."""
        if self._wrong:
            raise KeystoreDown(self._wrong)

    def rotate(self) -> str:
        """Never: whoever sets the variable makes its keys."""
        raise CannotRotate(
            "The environment's keys are made by whoever sets it: put a new key first, keep the old one behind it, "
            "restart every process, then run this again to wrap everything by the new one."
        )


class Remote:
    """A keystore over the network: its health is remembered for moments, and asked for by one thread at a time."""

    def __init__(self) -> None:
        self._good_at = float("-inf")
        self._bad_at = float("-inf")
        self._wrong = ""
        self._asking = threading.Lock()

    @abstractmethod
    def _wrap(self, key: bytes, context: bytes) -> Wrapped:
        """One request. Raises KeystoreDown."""

    @abstractmethod
    def _unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """One request. Raises KeystoreDown or IntegrityFailure."""

    def check(self) -> None:
        """Did it wrap something within the last GOOD_FOR seconds; asked anew when not.

        While one thread asks, the others go on by the last answer for as long as asking may take.
        """
        now = time.monotonic()
        if now - self._good_at < GOOD_FOR:
            return
        if now - self._bad_at < AGAIN_AFTER:
            raise KeystoreDown(self._wrong)
        if self._asking.acquire(blocking=False):
            try:
                self.seal(b"is it there", b"alertveil health v1")
            finally:
                self._asking.release()
        elif now - self._good_at > GOOD_FOR + CONNECT + ANSWER:
            raise KeystoreDown(self._wrong or "The keystore has not answered yet.")

    def seal(self, key: bytes, context: bytes) -> Wrapped:
        """`key` wrapped by the provider, bound to `context`."""
        return self._noted(lambda: self._wrap(key, context))

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """The bytes of `seal`."""
        return self.seal(key, context).wrapped

    def unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        """The key again."""
        return self._noted(lambda: self._unwrap(wrapped, wrapped_by, context))

    def _noted(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, and remember whether it was there."""
        try:
            answer = ask()
        except KeystoreDown as error:
            self._wrong = str(error)
            self._bad_at = time.monotonic()
            self._good_at = float("-inf")
            raise
        except IntegrityFailure:
            self._good_at = time.monotonic()
            raise
        self._good_at = time.monotonic()
        return answer


def _extra(name: str) -> ModuleType:
    """A provider's library, imported when it is needed. Raises KeystoreDown."""
    try:
        module = importlib.import_module(name)
    except ImportError:
        raise KeystoreDown(
            f"This keystore needs the library {name}: install Alertveil with its extra `keystores`."
        ) from None
    for each in ("boto3", "botocore", "hvac", "urllib3"):  # at DEBUG they log what they send
        logging.getLogger(each).setLevel(logging.WARNING)
    return module


class VaultKeystore(Remote):
    """A key of HashiCorp Vault's (or OpenBao's) transit engine, of type aes256-gcm96.

    The token comes from ALERTVEIL_KEYSTORE_TOKEN_FILE (read at every request, so an agent may renew it),
    ALERTVEIL_KEYSTORE_TOKEN or VAULT_TOKEN; VAULT_CACERT names the authorities to trust. It needs `update` on
    MOUNT/encrypt/KEY and MOUNT/decrypt/KEY, and on MOUNT/keys/KEY/rotate for `keys rotate`.
    """

    def __init__(self, parts: SplitResult, port: int | None, environ: Mapping[str, str]) -> None:
        super().__init__()
        host = parts.hostname or ""
        mount, _, name = unquote(parts.path).strip("/").rpartition("/")
        if not host or not mount or not name:
            raise KeystoreDown(
                "ALERTVEIL_KEYSTORE must name a server, a mount and a key: vault+https://HOST/transit/KEY."
            )
        scheme = parts.scheme.removeprefix("vault+")
        if scheme == "http" and host not in LOOPBACK:
            raise KeystoreDown("ALERTVEIL_KEYSTORE leaves this host in the clear: use vault+https://.")
        shown = f"[{host}]" if ":" in host else host
        self._url = f"{scheme}://{shown}" + (f":{port}" if port else "")
        self._mount, self._name = mount, name
        self._namespace = (parse_qs(parts.query).get("namespace") or [environ.get("VAULT_NAMESPACE") or ""])[0]
        self._ca = environ.get("VAULT_CACERT") or True
        self._token_file = environ.get("ALERTVEIL_KEYSTORE_TOKEN_FILE")
        self._token = environ.get("ALERTVEIL_KEYSTORE_TOKEN") or environ.get("VAULT_TOKEN") or ""
        self._making = threading.Lock()
        self._client: Any = None

    def __repr__(self) -> str:
        return "<VaultKeystore>"

    @property
    def current(self) -> str:
        """The key's name; which of its versions wrapped something is part of what it wrapped."""
        return f"vault:{self._mount}/{self._name}"

    def rotate(self) -> str:
        """A new version of the transit key, made by Vault."""
        self._noted(lambda: self._ask("rotate_key"))
        return self.current

    def _wrap(self, key: bytes, context: bytes) -> Wrapped:
        answer = self._ask(
            "encrypt_data",
            plaintext=base64.b64encode(key).decode(),
            associated_data=base64.b64encode(context).decode(),
        )
        return Wrapped(answer["data"]["ciphertext"].encode(), self.current)

    def _unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        if wrapped_by != self.current:
            raise KeystoreDown(
                "The keystore does not hold the key that wrapped this tenant's keys: ALERTVEIL_KEYSTORE must name the "
                "one that belongs to this database."
            )
        answer = self._ask(
            "decrypt_data",
            ciphertext=wrapped.decode("ascii", "replace"),
            associated_data=base64.b64encode(context).decode(),
        )
        return base64.b64decode(answer["data"]["plaintext"])

    def _ask(self, what: str, **given: str) -> Any:  # noqa: ANN401 - Vault's JSON
        hvac = _extra("hvac")
        requests = _extra("requests")
        wrong = hvac.exceptions
        try:
            transit = self._connected(hvac).secrets.transit
            return getattr(transit, what)(name=self._name, mount_point=self._mount, **given)
        except (wrong.Forbidden, wrong.Unauthorized):
            raise KeystoreDown(
                "Vault refuses this token: it has ended, or its policy lacks `update` on the transit key."
            ) from None
        except wrong.InvalidPath:
            raise KeystoreDown("Vault has no such transit key: make it, or mend ALERTVEIL_KEYSTORE.") from None
        except wrong.InvalidRequest:
            if what == "decrypt_data":
                raise IntegrityFailure("A wrapped key does not open where it stands.") from None
            raise KeystoreDown(
                "Vault refuses to wrap with this transit key: it must be of type aes256-gcm96 and not derived."
            ) from None
        except wrong.VaultError:
            raise KeystoreDown("Vault is sealed or in trouble: see its own log.") from None
        except (requests.RequestException, OSError):
            raise KeystoreDown("Vault does not answer: see that it runs and can be reached from here.") from None

    def _connected(self, hvac: ModuleType) -> Any:  # noqa: ANN401 - hvac.Client
        with self._making:
            if self._client is None:
                self._client = hvac.Client(
                    url=self._url,
                    namespace=self._namespace or None,
                    verify=self._ca,
                    timeout=(CONNECT, ANSWER),
                    allow_redirects=False,
                )
            self._client.token = self._read_token()
            return self._client

    def _read_token(self) -> str:
        if not self._token_file:
            return self._token
        try:
            return Path(self._token_file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise KeystoreDown("ALERTVEIL_KEYSTORE_TOKEN_FILE names a file that cannot be read.") from None


class KmsKeystore(Remote):
    """A symmetric key of AWS KMS. Credentials are found as every AWS tool finds them (role, profile, environment).

    A wrapped key is bound to its context as KMS's encryption context, so CloudTrail names tenant and purpose of every
    unwrap: a second witness beside our own audit. The key policy needs kms:Encrypt, kms:Decrypt and kms:DescribeKey,
    and kms:RotateKeyOnDemand for `keys rotate`.
    """

    def __init__(self, parts: SplitResult, port: int | None) -> None:
        super().__init__()
        self._key = unquote(parts.path).strip("/")
        if not self._key:
            raise KeystoreDown("ALERTVEIL_KEYSTORE must name a key: awskms:///alias/NAME?region=REGION.")
        query = parse_qs(parts.query)
        arn = self._key.split(":") if self._key.startswith("arn:") else []
        self._region = (query.get("region") or [arn[3] if len(arn) > 3 else ""])[0]  # noqa: PLR2004 - ARN's 4th part
        host = parts.hostname
        scheme = "http" if host in LOOPBACK and "tls" not in query else "https"
        self._endpoint = f"{scheme}://{host}" + (f":{port}" if port else "") if host else None
        self._making = threading.Lock()
        self._client: Any = None

    def __repr__(self) -> str:
        return "<KmsKeystore>"

    @property
    def current(self) -> str:
        """The ARN of the key that the alias leads to now."""
        return str(self._noted(lambda: self._ask("describe_key", KeyId=self._key))["KeyMetadata"]["Arn"])

    def rotate(self) -> str:
        """New key material under the same ARN, made by KMS at once."""
        arn = self.current
        self._noted(lambda: self._ask("rotate_key_on_demand", KeyId=arn))
        return arn

    def _wrap(self, key: bytes, context: bytes) -> Wrapped:
        answer = self._ask("encrypt", KeyId=self._key, Plaintext=key, EncryptionContext=_bound(context))
        return Wrapped(answer["CiphertextBlob"], answer["KeyId"])

    def _unwrap(self, wrapped: bytes, wrapped_by: str, context: bytes) -> bytes:
        answer = self._ask("decrypt", KeyId=wrapped_by, CiphertextBlob=wrapped, EncryptionContext=_bound(context))
        opened: bytes = answer["Plaintext"]
        return opened

    def _ask(self, what: str, **given: Any) -> Any:  # noqa: ANN401 - KMS's JSON
        boto3 = _extra("boto3")
        wrong = _extra("botocore.exceptions")
        try:
            return getattr(self._connected(boto3), what)(**given)
        except wrong.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise _refused(code, what) from None
        except wrong.NoCredentialsError:
            raise KeystoreDown("There are no AWS credentials for the keystore: give this process a role.") from None
        except wrong.BotoCoreError:
            raise KeystoreDown("AWS KMS does not answer: see that it can be reached from here.") from None

    def _connected(self, boto3: ModuleType) -> Any:  # noqa: ANN401 - a botocore client
        with self._making:
            if self._client is None:
                config = _extra("botocore.config").Config(
                    connect_timeout=CONNECT, read_timeout=ANSWER, retries={"total_max_attempts": 1}
                )
                self._client = boto3.Session().client(
                    "kms", region_name=self._region or None, endpoint_url=self._endpoint, config=config
                )
            return self._client


def _bound(context: bytes) -> dict[str, str]:
    return {"alertveil": context.decode()}


def _refused(code: str, what: str) -> Exception:
    """What an error of KMS means for us (API reference, "Errors" of Encrypt, Decrypt and RotateKeyOnDemand)."""
    if what == "decrypt" and code in {"InvalidCiphertextException", "IncorrectKeyException"}:
        return IntegrityFailure("A wrapped key does not open where it stands.")
    if what == "rotate_key_on_demand":
        return CannotRotate(
            "AWS KMS does not rotate this key on demand: point the alias at a new key, then run this again to wrap "
            "everything by it; the old key must stay enabled until then."
        )
    if code in {"NotFoundException", "DisabledException", "KMSInvalidStateException"}:
        return KeystoreDown("The AWS KMS key is not there or not enabled: mend it, or ALERTVEIL_KEYSTORE.")
    if code in {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"}:
        return KeystoreDown("AWS KMS refuses: this process's role needs kms:Encrypt, kms:Decrypt and kms:DescribeKey.")
    return KeystoreDown("AWS KMS cannot do it now: see the AWS status of this region.")
