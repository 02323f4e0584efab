"""LineCTC with six mixing layers instead of three (2.9 M parameters): as `line_192_general_f0`.

It starts from the weights of `line_192_ptr_f5`, made deeper so that they still read the same:

    python -m chuviet.commands.deepening weights/vi_line_ptr.safetensors outputs/ptr_236.safetensors --depths 2,3,6
"""

from chuviet.recipes import parent, replace

cfg = replace(
    parent(__file__, "line_192_general_f0"),
    **{"model.depths": (2, 3, 6), "init": "outputs/ptr_236.safetensors"},
)
