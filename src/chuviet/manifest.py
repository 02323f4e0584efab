"""What tables of images agree on: the columns of a drawn set's manifest, and the two folds that are none."""

COLUMNS = ("img_path", "text", "writer_id", "fold", "source", "font", "aug")
#: `fold=5` trains on every row and validates on none.
ALL_FOLDS = 5
#: Rows of this fold (and above) are synthetic: training only.
SYNTHETIC_FOLD = 6
#: Sources whose images hold the ink of real rows, distorted or joined anew: they belong to those rows' fold.
AUGMENTED, JOINED = "aug", "joined"
REAL_INK = (AUGMENTED, JOINED)
#: Beginnings of the sources of sets that are drawn for other tasks than handwriting.
PAGES, PRINTED_STRINGS = "pages", ("printed", "captcha", "scene", "chinese")
