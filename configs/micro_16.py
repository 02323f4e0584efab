"""MicroOCR, the easy task: 4-8 printed letters and digits, 9,548 parameters."""

from chuviet.data.recognition import LineData
from chuviet.data.scene_augment import SceneAugment
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.micro import MicroOCR
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train
from chuviet.vocab import PRINTED

cfg = Experiment(
    model=MicroOCR.Config(width=16),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        csv="synthetic_data/printed/manifest.csv",
        charset=PRINTED,
        preprocess=ScenePreprocess.Config(height=32, width=128),
        augment=SceneAugment.Config(
            p=1.0, perspective=0.02, rotate=1.0, crop=0.05, colour=0.1, blur=0.0, noise=0.0, invert=0.0
        ),
        batch=32,
        workers=0,  # an image takes 0.2 ms to read; handing it over from another process takes longer
    ),
    optim=Optim(lr=2e-2, weight_decay=1e-4, schedule="cosine", warmup=0.05),
    train=Train(epochs=35, precision="fp32", validate_every=1),
    fold=0,
)
