"""ONNX Runtime without its telemetry: `from chuviet.artifact.runtime import onnxruntime`, never `import onnxruntime`.

From version 1.29 on it writes names and figures of models and machine to the user's cache folder and sends them to
Microsoft, from the moment when it is imported; its variable has to be set before that. One that is set already stays.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

if os.environ["ORT_DISABLE_TELEMETRY"] == "1":
    onnxruntime.disable_telemetry_events()  # on Windows, where the variable means nothing

__all__ = ["onnxruntime"]
