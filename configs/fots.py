"""Text detection after LPCV 2020: the detection branch of FOTS with ResNet-34, on SynthText and the sample set.

Each epoch sees one of every 60 images of SynthText's first four fifths and all sample images; validation is on the last
fifth (one of every 50) and the sample test set.
"""

from chuviet.data.detection import PageData
from chuviet.data.page_augment import PageAugment
from chuviet.data.targets_east import EastTargets
from chuviet.decode.east import EastDecoder
from chuviet.experiment import Experiment
from chuviet.losses.east import EastLoss
from chuviet.models.fots import FOTS
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=FOTS.Config(),
    loss=EastLoss.Config(),
    decoder=EastDecoder.Config(),
    data=PageData.Config(
        train=(("SynthText/gt.mat[:0.8]", 60.0), ("SampleDataset/sample_train_annotation_txt", 1.0)),
        valid=(("SynthText/gt.mat[0.8:]", 50.0), ("SampleDataset/sample_test_annotation_txt", 1.0)),
        augment=PageAugment.Config(copy_paste=0.0),
        targets=EastTargets.Config(),
        batch=32,
        workers=8,
    ),
    optim=Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-5, decoupled=False, schedule="cosine"),
    train=Train(epochs=30, accumulate=2, clip=0.0),
)
