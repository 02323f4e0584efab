"""Text detection after OpenOCR: RepViT, RSE-FPN, DB head; 3 M parameters. ICDAR2015 in OpenOCR's folders."""

from chuviet.data.detection import PageData
from chuviet.decode.db import DBDecoder
from chuviet.experiment import Experiment
from chuviet.losses.db import DBLoss
from chuviet.models.dbnet import DBNet
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=DBNet.Config(
        backbone="repvit_m0_9",
        pretrained=False,  # of this width nobody published weights
        options=(("embed_dim", (40, 80, 160, 320)), ("depth", (2, 2, 10, 2))),
    ),
    loss=DBLoss.Config(),
    decoder=DBDecoder.Config(),
    data=PageData.Config(batch=8),
    optim=Optim(
        lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=5e-5, decoupled=False, schedule="cosine", warmup=0.004
    ),
    train=Train(epochs=500, validate_every=10),
)
