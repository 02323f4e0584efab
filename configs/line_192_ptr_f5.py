"""CPU-sized: synthetic pretraining of LineCTC (1.7 M parameters) on 90,000 drawn lines, about 40 minutes on two CPU cores.

Uses drawn lines alone (no distorted copies of real ones), so that every fold of `line_192_f*` may start from it.
"""

from chuviet.data.recognition import LineData
from chuviet.data.transforms import LinePreprocess
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.ctc import LineCTC
from chuviet.train.engine import Train
from chuviet.train.optim import Optim

cfg = Experiment(
    model=LineCTC.Config(),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        sources=("address", "poems"),
        draw=(("address", 14_000), ("poems", 4_000)),
        preprocess=LinePreprocess.Config(height=40),
        batch=32,
    ),
    optim=Optim(lr=2e-3, eps=1e-8, weight_decay=0.02, schedule="cosine", warmup=0.05),
    train=Train(epochs=5, ema=0.998, keep="ema"),
    fold=5,
)
