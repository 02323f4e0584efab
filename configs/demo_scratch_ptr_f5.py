"""The long demo (`make demo FROM=scratch`), first step: a small LineCTC on drawn words, from random weights."""

from chuviet.data.line_augment import LineAugment
from chuviet.data.recognition import LineData
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=LineCTC.Config(height=32, stem=24, widths=(48, 96, 128), depths=(1, 2, 2), heads=4, dropout=0.0),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        csv="demo/train_ext3.csv",
        sources=("address_words", "poems_words"),
        preprocess=LinePreprocess.Config(height=32),
        augment=LineAugment.Config(p=0.3),
        batch=32,
    ),
    optim=Optim(lr=2e-3, eps=1e-8, weight_decay=0.02, schedule="cosine", warmup=0.05, final=0.1),
    train=Train(epochs=3, ema=0.99, keep="ema"),
    fold=5,
)
