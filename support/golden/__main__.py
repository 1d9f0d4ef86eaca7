"""Record what the suite sends and catches, or compare with the record: `python -m support.golden record|compare`.

The defects that it catches come from `reports/prove.json`, which a whole `make prove` writes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.golden.wire import ROOT, differences, recorded

HERE = Path(__file__).parent
WIRE, VERDICTS = HERE / "wire.txt", HERE / "verdicts.json"


def main(act: str) -> int:
    """Return 0 if nothing was lost, 1 with the differences."""
    if act == "record":
        WIRE.write_text("\n".join(sorted(recorded())) + "\n", encoding="utf-8")
        VERDICTS.write_text(json.dumps(_verdicts(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    found = list(differences(WIRE.read_text(encoding="utf-8").splitlines(), recorded()))
    found += _lost(json.loads(VERDICTS.read_text(encoding="utf-8")), _verdicts())
    print("\n".join(found) or "nothing differs")
    return 1 if found else 0


def _verdicts() -> dict[str, Any]:
    proof = json.loads((ROOT / "reports" / "prove.json").read_text(encoding="utf-8"))
    return {
        "defects": {
            each["name"]: [each["rule"], each["detection"], len(each["catchers"])] for each in proof["defects"]
        },
        "variants": {each["name"]: each["accepted"] for each in proof["variants"]},
    }


def _lost(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Yield each defect that is caught by fewer scenarios than before, and each variant that is not accepted."""
    for name, (rule, detection, catchers) in before["defects"].items():
        now = after["defects"].get(name)
        if now is not None and (now[:2] != [rule, detection] or now[2] < catchers):
            yield f"{name}: {rule}, {detection}, {catchers} scenarios -> {now}"
    for name, accepted in before["variants"].items():
        if after["variants"].get(name, accepted) != accepted:
            yield f"{name}: accepted {accepted} -> {after['variants'][name]}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m support.golden", description=__doc__)
    parser.add_argument("act", choices=["record", "compare"])
    sys.exit(main(parser.parse_args().act))
