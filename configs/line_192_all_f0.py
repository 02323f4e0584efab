"""CPU-sized: as `line_192_general_f0`, with printed receipts and more print: one reader for hand and print."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_general_f0"),
    **{
        "data.sources": (
            "real",
            "joined",
            "address",
            "text",
            "text_printed",
            "pagelines",
            "receipts",
            "receipts_more",
        ),
        "data.draw": (
            ("joined", 1500),
            ("address", 400),
            ("text", 2600),
            ("text_printed", 1400),
            ("pagelines", 700),
            ("receipts", 400),
            ("receipts_more", 800),
        ),
        "init": "weights/vi_text.onnx",
    },
)
