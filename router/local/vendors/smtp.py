"""A mail relay on aiosmtpd: takes mail with or without TLS and log-in, and fails at the command it is told to."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import ssl
import time
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from router.local.vendors.base import Captured, Fault, LoopVendor

Mode = Literal["starttls", "implicit", "none"]
_HANG = 3600.0


class SmtpVendor(LoopVendor):
    """A relay for any address. `mode` says how TLS is offered; with `login` it wants that log-in first.

    A `Fault` meets the command that its `stage` names: `status` is the reply's code, `drop` cuts the connection before
    or after the command counts, `drip` sends a reply that never ends, `hang` says nothing.
    """

    kind = "smtp"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        mode: Mode = "none",
        login: tuple[str, str] | None = None,
        utf8: bool = True,
        **rest: Any,  # noqa: ANN401 - as Vendor
    ) -> None:
        super().__init__(host, port, **rest)
        for chatty in ("mail.log", "mail.debug"):  # aiosmtpd writes every line of a mail there
            logging.getLogger(chatty).setLevel(logging.CRITICAL + 1)
        self.mode = mode
        self.login = login
        self.utf8 = utf8
        self.logins: list[str] = []  # user names that were tried
        self._open: set[_Session] = set()

    @property
    def url(self) -> str:
        """smtp:// or, with TLS from the first byte, smtps://."""
        return f"{'smtps' if self.mode == 'implicit' else 'smtp'}://{self.name}:{self.port}"

    def wrapping(self) -> ssl.SSLContext | None:
        """TLS from the first byte only when the mode says so."""
        return self.tls if self.mode == "implicit" else None

    def protocol(self, loop: asyncio.AbstractEventLoop) -> asyncio.BaseProtocol:
        """One client's SMTP."""
        self.connections += 1
        return _Session(self, loop, self.connections)

    def cut_now(self) -> None:
        """Abort every connection."""
        for session in list(self._open):
            session.cut()

    def fault_at(self, stage: str, recipient: str | None = None) -> Fault | None:
        """The next fault, if it is meant for this command."""
        due = self.faults[0] if self.faults else self.always
        if due is None or due.stage != stage or (due.recipient is not None and due.recipient != recipient):
            return None
        return self.next_fault()


class _Session(SMTP):
    """aiosmtpd's protocol with our faults in its hooks."""

    def __init__(self, vendor: SmtpVendor, loop: asyncio.AbstractEventLoop, number: int) -> None:
        self.vendor = vendor
        self.number = number
        super().__init__(
            _Handler(vendor, number),
            loop=loop,
            hostname="relay.local",
            ident="local relay",
            enable_SMTPUTF8=vendor.utf8,
            tls_context=vendor.tls if vendor.mode == "starttls" else None,
            authenticator=self._check_login,
            auth_require_tls=vendor.mode == "starttls",
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.vendor._open.add(self)  # noqa: SLF001 - a vendor and its sessions are one thing
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.vendor._open.discard(self)  # noqa: SLF001 - its own server
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        fault = self.vendor.fault_at("connect")
        if fault is not None:
            await self.suffer(fault)
            if fault.status is not None:
                await self.push(f"{fault.status} not now")
            self.cut()
            return
        await super()._handle_client()

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd finds commands by name
        fault = self.vendor.fault_at("starttls")
        if fault is not None:
            await self.suffer(fault)
            await self.push(f"{fault.status or 454} TLS not available")
            return
        await super().smtp_STARTTLS(arg)

    async def suffer(self, fault: Fault) -> None:
        """Wait, drip or cut, as the fault says; its status is the caller's to send."""
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.hang:
            await asyncio.sleep(_HANG)
        while fault.drip:
            self._writer.write(b"2")
            await asyncio.sleep(fault.drip)
        if fault.drop is not None:
            self.cut()
            await asyncio.sleep(_HANG)  # the connection's end cancels this task

    def cut(self) -> None:
        """Abort the connection."""
        if self.transport is not None:
            cast("asyncio.Transport", self.transport).abort()

    def _check_login(self, _: SMTP, __: Session, ___: Envelope, ____: str, data: object) -> AuthResult:
        fault = self.vendor.fault_at("auth")
        if fault is not None:
            return AuthResult(success=False, handled=False, message=f"{fault.status or 535} 5.7.8 no")
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        self.vendor.logins.append(data.login.decode())
        known = self.vendor.login
        return AuthResult(
            success=known is None or (data.login.decode(), data.password.decode()) == known, handled=False
        )


class _Handler:
    """The commands' hooks, by aiosmtpd's names."""

    def __init__(self, vendor: SmtpVendor, number: int) -> None:
        self.vendor = vendor
        self.number = number

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: _Session, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.vendor.login is not None and not session.authenticated:
            return "530 5.7.0 log in first"
        reply = await self._meet(server, "mail")
        if reply is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return reply or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: _Session, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        reply = await self._meet(server, "rcpt", address)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: _Session, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd
        fault = self.vendor.fault_at("dot")
        if fault is not None and fault.drop != "after":
            await server.suffer(fault)
            return f"{fault.status or 451} not taken"
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        self.vendor.keep(
            Captured(
                "smtp",
                time.time(),
                self.number,
                content,
                mail=email.message_from_bytes(content, policy=email.policy.default),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                headers={"mail-options": " ".join(envelope.mail_options)},
                tls=session.ssl is not None or self.vendor.mode == "implicit",
                answer=0 if fault is not None else 250,
            )
        )
        if fault is not None:
            await server.suffer(fault)
        return "250 OK: taken"

    async def _meet(self, server: _Session, stage: str, recipient: str | None = None) -> str | None:
        """The reply of a fault that is due at this command, or None."""
        fault = self.vendor.fault_at(stage, recipient)
        if fault is None:
            return None
        await server.suffer(fault)
        return f"{fault.status or 451} not now"
