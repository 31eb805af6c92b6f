"""Owns how a page is looked at from inside: what it shows, and what the recording SDK has left in its window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LOOK = """() => {
  const seen = (root, left) => {
    for (const element of root.querySelectorAll('*')) {
      if (left.count-- < 0) return true;  // a page of thousands of elements is not blank
      if (element.shadowRoot && seen(element.shadowRoot, left)) return true;
      if (/^(script|style|template|noscript|link|meta|title|head|body|html|br)$/i.test(element.localName)) continue;
      const box = element.getBoundingClientRect();
      if (box.width < 1 || box.height < 1) continue;
      if (/^(img|video|canvas|svg|iframe|object|embed|input|button|select|textarea|progress|meter|hr)$/i
        .test(element.localName)) return true;
      const style = getComputedStyle(element);
      const clear = /^(transparent|rgba\\(.*, 0\\))$/.test(style.backgroundColor);
      if (style.backgroundImage !== 'none' || !clear) return true;
      if ([...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())) return true;
    }
    return false;
  };
  const text = [...(document.body?.childNodes ?? [])].some(n => n.nodeType === 3 && n.data.trim());
  const trigger = window.triggerRealtimeKitRecording ?? window.triggerDyteRecording;
  return {
    shows: text || (document.body !== null && seen(document, {count: 3000})),
    sdk: window.realtimeKitRecordingSdk === true || window.dyteRecordingSdk === true,
    trigger: typeof trigger === 'boolean' ? trigger : null,
  };
}"""


@dataclass(frozen=True)
class Glance:
    """What is seen: whether the page `shows` anything; whether it has the recording SDK (`sdk`), and its `trigger`:
    true while it shall be recorded, false from then on, None where there is none."""

    shows: bool
    sdk: bool
    trigger: bool | None

    @staticmethod
    def of(seen: Any) -> Glance:
        """Read what `LOOK` gave back; a page can make it anything."""
        seen = seen if isinstance(seen, dict) else {}
        trigger = seen.get("trigger")
        return Glance(
            seen.get("shows") is not False,
            seen.get("sdk") is True,
            trigger if isinstance(trigger, bool) else None,
        )
