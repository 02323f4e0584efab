"""The build hook: compiles `chuviet.native` where there is a C compiler; without one the wheel is of Python alone."""

import runpy
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags  # hatchling depends on it


class NativeBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled library to a wheel, which is then one of this platform; an editable one finds it in src/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # By its path: the package itself needs numpy, which a build has not.
        names = runpy.run_path(str(Path(self.root) / "src" / "chuviet" / "native" / "build.py"))
        try:
            library = names["build"]()
        except names["BuildError"] as e:
            print(f"chuviet: decoding is not compiled, and slower: {e}", file=sys.stderr)
            return
        if version != "editable":
            build_data["artifacts"].append(library.relative_to(self.root).as_posix())
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform()}"


def platform() -> str:
    """The platform of this machine's wheels: not one of many Linuxes, which would promise an older C library."""
    return next(t.platform for t in sys_tags() if not t.platform.startswith(("manylinux", "musllinux")))
