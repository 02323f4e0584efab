"""Scene text, plain CTC: ResNet-34, the mean of each column, one linear layer. Words of `data.csv`, a path<TAB>text
list.
"""

from chuviet.data.recognition import Concat, LineData
from chuviet.data.scene_augment import SceneAugment
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train
from chuviet.vocab import ASCII

cfg = Experiment(
    model=BackboneCTC.Config(),
    loss=CTCLoss.Config(),
    decoder=CTCGreedy.Config(),
    data=LineData.Config(
        csv="train.txt",
        valid="valid.txt",
        charset=ASCII,
        preprocess=ScenePreprocess.Config(height=48, width=320),
        augment=SceneAugment.Config(),
        concat=Concat(),
        batch=64,
    ),
    optim=Optim(lr=5e-4, eps=1e-8, weight_decay=0.0, schedule="cosine", warmup=0.05),
    train=Train(epochs=100, validate_every=5),
    fold=0,
)
