"""The commands of a runbook's Diagnosis, typed where the trouble is, and the cause that they must name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.e2e.kube import Kube

FRONT_AWAY: Final = "FrontLost|nobody answers there"
"""Before and after the gateway is started again for it."""
PAGES: Final = Path(__file__).parents[2] / "docs" / "runbooks"
CAUSES: Final = {
    "MdsFeedDown": ("ctp-a", FRONT_AWAY),
    "MdsAllAccountsBlocked": ("ctp-a", r'\b75 \\?"CTP:'),
    "MdsLoginBlocked": ("ctp-b", r'\b140 \\?"CTP:'),
    "MdsFailoverOften": ("ctp-a", FRONT_AWAY),
    "MdsFrontLost": ("ctp-b", "\\b4097\\b"),
    "MdsRestartBudgetSpent": ("ctp-b", FRONT_AWAY),
}
"""The sample of `make test`: the account that is looked at, and a pattern of what names the cause."""


def read_diagnosis(alert: str, namespace: str, account: str) -> list[list[str]]:
    """The arguments of each kubectl, about that account instead of the page's."""
    page = (PAGES / f"{alert}.md").read_text()
    part = page.partition("## Diagnosis\n")[2].partition("## ")[0]
    typed = re.findall(r"(?m)^\$ kubectl (.*)$", part)
    names = {r"\bdesk\b": namespace, r"\bctp-a\b": account}
    return [shlex.split(_rename(line, names)) for line in typed]


def _rename(line: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        line = re.sub(old, new, line)
    return line


def diagnose(kube: Kube, alert: str, namespace: str, account: str) -> str:
    """All that they print, complaints included, as a person sees it."""
    ran = [kube.run_kubectl(*arguments) for arguments in read_diagnosis(alert, namespace, account)]
    assert ran, f"docs/runbooks/{alert}.md has no kubectl in its Diagnosis"
    return "\n".join(each.stdout + each.stderr for each in ran)
