"""Models, interfaces and readings of machines, known by what stands beside them: a maker, a port, a kind of device.

No maker of what is worn or stands at a bed is among them: there a code may be one person's device.
"""

# ruff: noqa: E501, PLR2004 - the tables read better as long lines; lengths mean something
from __future__ import annotations

import re
from typing import Final

from router.privacy import shapes

_BRANDS: Final = (
    "D-Link|DLink|TP-Link|Cisco|Juniper|Arista|Huawei|Quidway|H3C|HPE?|Hewlett Packard(?: Enterprise)?|Aruba|ProCurve|Dell(?: EMC)?|PowerEdge|PowerVault|"
    "Lenovo|ThinkSystem|ThinkPad|IBM|Oracle|StorageTek|Sun|Fujitsu|PRIMERGY|PRIMEQUEST|Primequest|Supermicro|SuperMicro|Gigabyte|GIGABYTE|ASUS|Asus|ASRock|Acer|MSI|"
    "MikroTik|Mikrotik|Ubiquiti|UniFi|EdgeSwitch|Netgear|NETGEAR|ZyXEL|Zyxel|ZTE|Eltex|Extreme|Brocade|Ruckus|Fortinet|FortiGate|Palo Alto|SonicWall|Sophos|WatchGuard|"
    "Check Point|Allied Telesis|Moxa|Raisecom|Nokia|Alcatel(?:-Lucent)?|Ericsson|Ciena|Infinera|Calix|Adtran|Meraki|Peplink|Teltonika|Sierra|Digi|Perle|Opengear|Avocent|"
    "APC|Eaton|Riello|Vertiv|Liebert|Emerson|CyberPower|Socomec|Powercom|Inform|Flexipower|Raritan|ServerTech|Schneider|Rittal|Stulz|"
    "Konica(?: Minolta)?|Minolta|Kyocera|Ricoh|Canon|Epson|Brother|Xerox|Lexmark|Sharp|OKI|Oki|Toshiba|Zebra|Honeywell|Datamax|Intermec|Sato|TSC|Bixolon|"
    "QNAP|Synology|Buffalo|NetApp|EMC|Pure|Nimble|3PAR|Hitachi|HGST|Seagate|WDC?|Western Digital|Quantum|Overland|Tandberg|Infortrend|Promise|Areca|Adaptec|LSI|Broadcom|"
    "MegaRAID|PERC|Mellanox|ConnectX|QLogic|Qlogic|Emulex|Chelsio|Solarflare|Realtek|Intel|AMD|EPYC|Xeon|Ryzen|NVIDIA|Nvidia|Tesla|GeForce|Quadro|Radeon|Qualcomm|Snapdragon|MediaTek|"
    "Samsung|Galaxy|SAMSUNG|OPPO|Oppo|vivo|Vivo|Xiaomi|Redmi|POCO|OnePlus|Realme|realme|Motorola|moto|Pixel|HTC|LG|LGE|Sony|Xperia|HUAWEI|HONOR|Honor|Nothing|Fairphone|"
    "iPhone|iPad|MacBook|Surface|Chromebook|OptiPlex|Latitude|ProLiant|EliteBook|Catalyst|Nexus|Micron|Crucial|Kingston|SanDisk|Kioxia|Toshiba|Hynix|"
    "Hikvision|Dahua|Axis|Yealink|Polycom|Grandstream|Snom|Avaya|Mitel|AudioCodes|Logitech|Barco|Raspberry Pi|Arduino|Jetson"
)
_MAKER: Final = re.compile(rf"(?<![A-Za-z])(?:{_BRANDS})(?:[ _]\(?[A-Za-z0-9+./-]{{1,20}}){{0,3}}[ _(,/-]{{1,3}}$")
"""A maker or a line of its models, and up to three words of the model's name."""
_BRAND: Final = re.compile(_BRANDS)
_MODEL: Final = re.compile(
    r"(?=[^A-Za-z]*[A-Za-z])(?=[^0-9]*[0-9])(?!(?:[^0-9]*[0-9]){8})[A-Za-z0-9]{1,10}(?:[-+./][A-Za-z0-9+]{1,8}){0,4}"
)
"""Letters and at most seven digits."""
_RUN: Final = re.compile("[0-9]{6}")
_KIND: Final = re.compile(
    r",? (?:series|switch(?:es)?|routers?|firewalls?|motherboards?|mainboards?|chassis|line ?cards?|tape|librar(?:y|ies)|printers?|UPS|PDUs?|modems?|"
    r"access points?|cameras?|NAS|storage|SSDs?|NVMe|HDDs?|NICs?|GPUs?|transceivers?|optics?|[0-9]{1,3} ?GB|firmware|BIOS|modular|appliances?|blades?|"
    r"Series|Switch(?:es)?|Router|Firewall|Motherboard|Mainboard|Chassis|Modular|Library|Printer|Gateway|Storage|Firmware)(?![A-Za-z])"
)
"""What a model is of."""
_OF_KIND: Final = re.compile(
    r"(?<![A-Za-z])(?:printer|switch|router|firewall|access[ _]?point|camera|ups|pdu|nvr|plc|appliance|chassis|hypervisor|model|Model|firmware|board|GPU|gpu|CPU|cpu)(?:=|: |=\"|: \"| )$"
)
"""A kind of device that is nobody's, before what one is called."""
_PORT_BEFORE: Final = re.compile(
    r"(?<![A-Za-z])(?:[Pp]orts?|PORT|[Ii]nterfaces?|[Ii]faces?|[Ii]f[Nn]ame|[Uu]plinks?|[Dd]ownlinks?|[Tt]runks?|[Ll]inks?|[Ll]anes?|NICs?|SFP\+?|QSFP|[Tt]ransceivers?|"
    r"[Oo]ptics?|[Ll]ine ?cards?|[Ss]lots?|LAG|ONU|OLT|PON|[Pp]ort-?[Cc]hannel|(?:TX|RX|Tx|Rx) (?:on |port )?|[Dd]ev(?:ice)?|[Bb]ond|[Tt]unnels?|VLAN|[Vv]lan)(?: |: |=| \(|-)[\"']?$"
)
_PORT: Final = re.compile(
    r"(?:[A-Z][a-z]{1,3}|[A-Z]{1,4}|[a-z]{2,6})-?[0-9]{1,3}(?:[/.:_-][0-9]{1,4}){0,4}|[0-9]{1,3}(?:/[0-9]{1,3}){1,3}"
)
_INTERFACE: Final = re.compile(
    r"(?:GE|XGE|FE|TE|Gi|Fa|Te|Fo|Hu|Twe|Po|Lo|Vl|Tu|Se|Eth|Et|Ten|ge|xe|et|ae|irb|fxp|reth|ens|enp|eno|eth|wlan|bond|team|br|veth|tap|tun|vnet|virbr|wg|ppp|vlan|vxlan|"
    r"BE|Bundle-Ether|Port-channel|port-channel|fc|vfc|mgmt|GigabitEthernet|TenGigE|TenGigabitEthernet|HundredGigE|Ethernet|Vlan|Tunnel|Loopback)"
    r"[0-9]{1,4}(?:[/.:][0-9]{1,4}){0,4}"
)
_PORT_AFTER: Final = re.compile(
    r"[\"')]?,? (?:is |was |has |went |changed |to |link |oper(?:ational)? |admin |line |protocol |state ){0,3}(?:up|down|flap|err-?disabled|stat(?:us|e|s|istics)|traffic|Traffic|"
    r"errors?|discards?|drops?|utili[sz]ation|CRC|link|Link|speed|duplex|Status|Down|Up|DOWN|UP)(?![a-z])"
)
_WATTS: Final = re.compile(r"[0-9]{1,4}(?:W|VA|kVA|KVA|A|V|C|F)")
_POWER: Final = re.compile(
    r"[0-9](?:W|C|KVA|kVA) |[0-9]W ?/|/ ?[0-9]{1,4}W|[Pp]ower|[Ww]att|PSU|UPS|[Tt]emp|[Ll]oad|[Vv]olt"
)
_NETWORKS: Final = re.compile("AS[1-9][0-9]{0,9}")
_ROUTED: Final = re.compile(
    r"BGP|bgp|ASN|[Pp]eer|[Nn]eighbou?r|VRF|vrf|[Pp]refix|[Tt]ransit|[Rr]emote AS|RPKI|IRR|[Rr]oute"
)
"""The number of a network among those that BGP joins, and what is said of one."""
_OF_ITS_TOOL: Final = (
    ("PagerDuty", re.compile("[PQ][0-9A-Z]{6}|[PQR][0-9A-Z]{13}")),
    ("pagerduty", re.compile("[PQ][0-9A-Z]{6}|[PQR][0-9A-Z]{13}")),
    ("Sentry", re.compile("[A-Z][A-Z0-9]{1,20}(?:-[A-Z0-9]{2,20}){0,3}-[0-9A-Z]{1,4}")),
    ("sentry", re.compile("[A-Z][A-Z0-9]{1,20}(?:-[A-Z0-9]{2,20}){0,3}-[0-9A-Z]{1,4}")),
    (
        "SAP",
        re.compile(
            "[A-Z0-9]{3}K9[0-9]{5}|(?:S[ABCDEFGIJKMNPQRSTUWX]|ST|DB|RZ|AL|OS|BD|WE|FB|FK|MM|VA|VL|ME)[0-9]{2}[A-Z]?|[A-Z]{3}[0-9]{2}_[0-9]{2}"
        ),
    ),
    ("slack", re.compile("[BCDGTUW](?=[A-Z]*[0-9])[A-Z0-9]{8,10}")),
    ("Slack", re.compile("[BCDGTUW](?=[A-Z]*[0-9])[A-Z0-9]{8,10}")),
)
"""What a tool calls its own things, where it is named beside them."""
_RULES: Final = frozenset({"mixed", "code", "unknown", "digits", "shape", "name"})
_AGENTS: Final = re.compile(
    r"(?:Mozilla/[45]\.0|Dalvik/[0-9.]{3,8}|okhttp/[0-9.]{3,12}|[A-Za-z][\w.-]{1,40}/[0-9][0-9.]{0,16} (?:CFNetwork|\((?:iPhone|iPad|iOS|Linux|Android|Windows|Macintosh|X11)))"
    r"[^\"'\n]{0,20}\((?:[^()\"\n]{0,240}|[^()\"\n]{0,160}\([^()\"\n]{0,60}\)[^()\"\n]{0,60})\)(?:[ +](?:[A-Za-z][\w.-]{0,40}/[\w.+-]{1,40}|\(KHTML, like Gecko\)|Mobile|Safari|\[[^\]\"\n]{0,200}\])){0,12}"
)
"""What a browser or an app says of itself: `Mozilla/5.0 (Linux; Android 14; SM-A546E) …`."""
_OF_AGENTS: Final = frozenset({"CODE", "WORD", "NUMBER", "PHONE", "USERNAME", "IP", "PERSON"})


def agents(text: str) -> list[tuple[int, int]]:
    """Where a text holds what a browser or an app says of itself, with the model it runs on."""
    if "Mozilla/" not in text and "Dalvik/" not in text and "okhttp/" not in text and "CFNetwork" not in text:
        return []
    return [match.span() for match in _AGENTS.finditer(text)]


def of_agent(kind: str, rule: str, *, sure: bool) -> bool:
    """Can what was found inside one be the agent's own: a model, a build, a version."""
    return kind in _OF_AGENTS and (not sure or kind in {"PHONE", "IP"}) and rule != "pattern"


def of_hardware(text: str, start: int, end: int, rule: str) -> bool:
    """Is what stands between `start` and `end` the model of a maker, a port of a network's, or a reading of a device."""
    found = text[start:end]
    if rule not in _RULES or len(found) > 32:
        return False
    before = text[max(start - 48, 0) : start]
    if found.isalpha():
        return _BRAND.fullmatch(found) is not None and (_MODEL.match(text, end + 1) is not None or found.isupper())
    near = text[max(start - 160, 0) : end + 160]
    if any(tool in near and pattern.fullmatch(found) is not None for tool, pattern in _OF_ITS_TOOL):
        return True
    if _NETWORKS.fullmatch(found) is not None and _ROUTED.search(text, max(start - 60, 0), end + 60) is not None:
        return True
    if _WATTS.fullmatch(found) is not None and _POWER.search(text, max(start - 24, 0), end + 16) is not None:
        return True
    if _PORT.fullmatch(found) is not None and (
        _PORT_BEFORE.search(before) is not None
        or (_INTERFACE.fullmatch(found) is not None and _PORT_AFTER.match(text, end) is not None)
    ):
        return True
    if _MODEL.fullmatch(found) is None or _RUN.search(found) is not None or shapes.ICD10_DOTTED.fullmatch(found):
        return False
    return (
        _MAKER.search(before) is not None
        or _OF_KIND.search(before) is not None
        or (len(found) > 3 and _KIND.match(text, end) is not None)
    )
