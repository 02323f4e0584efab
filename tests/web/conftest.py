"""The pages of the tests of formats."""

import importlib.util
from pathlib import Path

_file = Path(__file__).parents[1] / "formats" / "conftest.py"
_spec = importlib.util.spec_from_file_location("formats_conftest", _file)
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
rich, empty = _module.rich, _module.empty
