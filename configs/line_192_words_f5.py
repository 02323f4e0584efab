"""CPU-sized, first step of three: LineCTC on 36,000 drawn pieces of one to four words, three epochs, about 18 minutes
on two CPU cores.

CTC first learns where characters are. On whole lines that takes thousands of samples before the loss leaves its
plateau; on words it takes a fraction, at a tenth of the cost a sample.
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
        sources=("address_words", "poems_words"), preprocess=LinePreprocess.Config(height=40), batch=64
    ),
    optim=Optim(lr=2e-3, eps=1e-8, weight_decay=0.02, schedule="cosine", warmup=0.05, final=0.3),
    train=Train(epochs=3, ema=0.99, keep="ema"),
    fold=5,
)
