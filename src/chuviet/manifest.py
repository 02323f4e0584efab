"""What tables of images agree on: the columns of a drawn set's manifest, and the two folds that are none."""

from typing import Literal

#: A run's fold: 0 to 4 is left out of training and validated on; with "all" every row is trained on.
Fold = int | Literal["all"]

COLUMNS = ("img_path", "text", "writer_id", "fold", "source", "font", "aug")
#: The number of fold "all", in names of folders and files, and another spelling of it.
ALL_FOLDS = 5
#: Rows of this fold (and above) are synthetic: training only.
SYNTHETIC_FOLD = 6
#: Sources whose images hold the ink of real rows, distorted or joined anew: they belong to those rows' fold.
AUGMENTED, JOINED = "aug", "joined"
REAL_INK = (AUGMENTED, JOINED)
#: Beginnings of the sources of sets that are drawn for other tasks than handwriting.
PAGES, PRINTED_STRINGS = "pages", ("printed", "captcha", "scene", "chinese")


def fold_number(fold: Fold) -> int:
    """0 to 4; 5 for "all"."""
    return ALL_FOLDS if fold == "all" else int(fold)


def fold_name(fold: Fold) -> Fold:
    """The fold as configs say it: 0 to 4, or "all", which may also be spelt 5."""
    return "all" if fold in ("all", ALL_FOLDS) else fold
