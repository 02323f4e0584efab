"""Text detection after LPCV 2020: the detection branch of FOTS with ResNet-34, on SynthText and the sample set.

Each epoch sees one of every 60 images of SynthText's first four fifths and all sample images; validation is on the last
fifth (one of every 50) and the sample test set.
"""

from chuviet.recipes import fots_pages

cfg = fots_pages(
    backbone="resnet34",
    crop=640,
    mix=("SynthText/gt.mat[:0.8]:1/60", "SampleDataset/sample_train_annotation_txt"),
    valid=("SynthText/gt.mat[0.8:]:1/50", "SampleDataset/sample_test_annotation_txt"),
    batch=32,
    workers=8,
    epochs=30,
    lr=1e-3,
    decoupled=False,
    accumulate=2,
    clip=0.0,
)
