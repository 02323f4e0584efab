"""Stable names of the components that files hold, so that code can move and old files still load.

A file says ``{"type": "line_ctc", ...}``; where the class lives is said here alone. Files of versions before 0.2 hold
``module:Qualified.Name``, also of modules that have moved since.
"""

from __future__ import annotations

#: Kind -> where its config is: ``module:Qualified.Name``.
KINDS: dict[str, str] = {
    "line_ctc": "chuviet.models.configs:LineCTCConfig",
    "backbone_ctc": "chuviet.models.configs:BackboneCTCConfig",
    "micro_ocr": "chuviet.models.configs:MicroOCRConfig",
    "seq2seq": "chuviet.models.configs:Seq2SeqConfig",
    "dbnet": "chuviet.models.configs:DBNetConfig",
    "fots": "chuviet.models.configs:FOTSConfig",
    "rejector": "chuviet.models.configs:RejectorConfig",
    "fpn": "chuviet.models.configs:FPNConfig",
    "line_image": "chuviet.preprocess.line:LinePreprocess.Config",
    "scene_image": "chuviet.preprocess.scene:ScenePreprocess.Config",
    "page_image": "chuviet.preprocess.page:PagePreprocess.Config",
    "ctc_greedy": "chuviet.decode.ctc:CTCGreedy.Config",
    "ctc_beam": "chuviet.decode.ctc:CTCBeam.Config",
    "attention_greedy": "chuviet.decode.attention:AttentionGreedy.Config",
    "attention_beam": "chuviet.decode.attention:AttentionBeam.Config",
    "decoded_in_graph": "chuviet.decode.attention:DecodedInGraph.Config",
    "db_boxes": "chuviet.decode.db:DBDecoder.Config",
    "line_word_boxes": "chuviet.decode.db:LineWordDecoder.Config",
    "east_boxes": "chuviet.decode.east:EastDecoder.Config",
    "sar": "chuviet.models.configs:SARConfig",
    "nrtr": "chuviet.models.configs:NRTRConfig",
    "joint_ctc": "chuviet.models.configs:JointCTCConfig",
    "distilled": "chuviet.models.configs:DistilledConfig",
    "guided_ctc": "chuviet.models.configs:GTCConfig",
    "mutual_ctc": "chuviet.models.configs:MutualConfig",
    "cross_entropy": "chuviet.losses.configs:SequenceCrossEntropyConfig",
    "ctc_loss": "chuviet.losses.configs:CTCLossConfig",
    "joint_ctc_loss": "chuviet.losses.configs:JointCTCLossConfig",
    "distillation_loss": "chuviet.losses.configs:DistillationLossConfig",
    "guided_ctc_loss": "chuviet.losses.configs:GuidedCTCLossConfig",
    "mutual_loss": "chuviet.losses.configs:MutualLossConfig",
    "db_loss": "chuviet.losses.configs:DBLossConfig",
    "east_loss": "chuviet.losses.configs:EastLossConfig",
    "line_word_loss": "chuviet.losses.configs:LineWordLossConfig",
    "rejector_loss": "chuviet.losses.configs:RejectorLossConfig",
    "line_data": "chuviet.data.configs:LineDataConfig",
    "page_data": "chuviet.data.configs:PageDataConfig",
    "file_images": "chuviet.data.images:FileImages.Config",
    "concat": "chuviet.data.configs:Concat",
    "optim": "chuviet.train.configs:Optim",
    "train": "chuviet.train.configs:Train",
    "line_augment": "chuviet.data.line_augment:LineAugment.Config",
    "scene_augment": "chuviet.data.scene_augment:SceneAugment.Config",
    "string_augment": "chuviet.data.string_augment:StringAugment.Config",
    "page_augment": "chuviet.data.page_augment:PageAugment.Config",
    "db_targets": "chuviet.data.targets_db:DBTargets.Config",
    "east_targets": "chuviet.data.targets_east:EastTargets.Config",
    "line_word_targets": "chuviet.data.targets_lines:LineWordTargets.Config",
    "experiment": "chuviet.experiment:Experiment",
}

#: What files of former versions call them, where that is no longer the place.
FORMER: dict[str, str] = {
    "chuviet.models.scene:SceneCTC.Config": "backbone_ctc",
    "chuviet.data.transforms:LinePreprocess.Config": "line_image",
    "chuviet.data.transforms:LineAugment.Config": "line_augment",
    "chuviet.data.scene:ScenePreprocess.Config": "scene_image",
    "chuviet.data.scene:SceneAugment.Config": "scene_augment",
    "chuviet.data.detection:PagePreprocess.Config": "page_image",
    "chuviet.decode.attention:WrittenText.Config": "decoded_in_graph",
    "chuviet.models.guides:SAR.Config": "sar",
    "chuviet.models.guides:NRTR.Config": "nrtr",
    "chuviet.models.ctc:LineCTC.Config": "line_ctc",
    "chuviet.models.backbone_ctc:BackboneCTC.Config": "backbone_ctc",
    "chuviet.models.micro:MicroOCR.Config": "micro_ocr",
    "chuviet.models.seq2seq:Seq2Seq.Config": "seq2seq",
    "chuviet.models.dbnet:DBNet.Config": "dbnet",
    "chuviet.models.fots:FOTS.Config": "fots",
    "chuviet.models.rejector:Rejector.Config": "rejector",
    "chuviet.models.fpn:FPN.Config": "fpn",
    "chuviet.models.attention_heads:SAR.Config": "sar",
    "chuviet.models.attention_heads:NRTR.Config": "nrtr",
    "chuviet.models.gtc:GTC.Config": "guided_ctc",
    "chuviet.models.gtc:Mutual.Config": "mutual_ctc",
    "chuviet.losses.cross_entropy:SequenceCrossEntropy.Config": "cross_entropy",
    "chuviet.losses.ctc:CTCLoss.Config": "ctc_loss",
    "chuviet.losses.guided:GuidedCTCLoss.Config": "guided_ctc_loss",
    "chuviet.losses.guided:MutualLoss.Config": "mutual_loss",
    "chuviet.losses.db:DBLoss.Config": "db_loss",
    "chuviet.losses.east:EastLoss.Config": "east_loss",
    "chuviet.losses.line_word:LineWordLoss.Config": "line_word_loss",
    "chuviet.losses.rejector:RejectorLoss.Config": "rejector_loss",
    "chuviet.data.recognition:LineData.Config": "line_data",
    "chuviet.data.detection:PageData.Config": "page_data",
    "chuviet.data.recognition:Concat": "concat",
    "chuviet.train.optim:Optim": "optim",
    "chuviet.train.engine:Train": "train",
}

#: Fields that had another name before 0.2: place of the config -> {former name: name}. A run's config.json is read
#: with the former names; on the command line they are errors that suggest the new ones.
FORMER_FIELDS: dict[str, dict[str, str]] = {
    "chuviet.data.configs:LineDataConfig": {"frame": "ctc_stride", "unfit": "bad_labels"},
}

_NAMES = {place: kind for kind, place in KINDS.items()}


def place_of(name: str) -> str:
    """``module:Qualified.Name`` of a kind, of a former place, or of a place that is given as such."""
    name = FORMER.get(name, name)
    return KINDS.get(name, name)


def name_of(place: str) -> str:
    """The kind of what lives at ``module:Qualified.Name``; the place itself where it has none."""
    return _NAMES.get(place, place)
