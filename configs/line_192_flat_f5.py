"""CPU-sized, first step of four: LineCTC on 16,000 drawn pieces of one to four words with a flat start, five minutes of
one CPU core.

CTC first learns where characters are. On whole lines that takes thousands of samples before the loss leaves its
plateau; on words it takes a fraction, and each is a fraction of the cost, and a flat start halves that again.
"""

from chuviet.data.recognition import LineData
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=LineCTC.Config(),
    loss=CTCLoss.Config(flat=0.5),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        sources=("address_words", "poems_words"),
        draw=(("address_words", 11_000), ("poems_words", 5_000)),
        preprocess=LinePreprocess.Config(height=40),
        batch=32,
    ),
    optim=Optim(lr=2e-3, eps=1e-8, weight_decay=0.02, schedule="cosine", warmup=0.1, final=0.5),
    train=Train(epochs=1),
    fold=5,
)
