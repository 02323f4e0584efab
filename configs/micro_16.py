"""MicroOCR, the easy task: 4-8 printed letters and digits, 9,548 parameters."""

from chuviet.data.recognition import LineData
from chuviet.data.string_augment import StringAugment
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.micro import MicroOCR
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.train.engine import Train
from chuviet.train.optim import Optim
from chuviet.vocab import PRINTED

cfg = Experiment(
    model=MicroOCR.Config(width=16),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        csv="synthetic_data/printed/manifest.csv",
        charset=PRINTED,
        preprocess=ScenePreprocess.Config(height=32, width=None, max_width=128),
        augment=StringAugment.Config(),
        batch=32,
        workers=0,  # its 5,000 images (45 MB) are kept in memory
    ),
    optim=Optim(lr=2e-2, weight_decay=1e-4, schedule="cosine", warmup=0.05),
    train=Train(epochs=35, precision="fp32", validate_every=1, threads=1),  # a second thread only waits
    fold=0,
)
