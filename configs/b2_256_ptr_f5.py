"""Synthetic pretraining of the EfficientNetV2-B2 recogniser (hidden width 256): 30 epochs of augmented, address and
verse lines.
"""

from chuviet.data.recognition import LineData
from chuviet.decode.attention import AttentionGreedy
from chuviet.experiment import Experiment
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.models.seq2seq import Seq2Seq
from chuviet.preprocess.line import LinePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=Seq2Seq.Config(backbone="tf_efficientnetv2_b2.in1k", hidden=256),
    loss=SequenceCrossEntropy.Config(),
    decoder=AttentionGreedy.Config(),
    data=LineData.Config(
        sources=("aug", "address", "poems"),
        preprocess=LinePreprocess.Config(height=128, width=2048),
        ctc_stride=0,
        batch=32,
        workers=8,
    ),
    optim=Optim(lr=1e-3, betas=(0.9, 0.98), eps=1e-9, schedule="linear"),
    train=Train(epochs=30, validate_every=5),
    fold=5,
)
