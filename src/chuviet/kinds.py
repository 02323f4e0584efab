"""Stable names of the components that files hold, so that code can move and old files still load.

A file says ``{"type": "line_ctc", ...}``; where the class lives is said here alone. Files of versions before 0.2 hold
``module:Qualified.Name``, also of modules that have moved since.
"""

from __future__ import annotations

#: Kind -> where its config is: ``module:Qualified.Name``.
KINDS: dict[str, str] = {
    "line_ctc": "chuviet.models.ctc:LineCTC.Config",
    "backbone_ctc": "chuviet.models.backbone_ctc:BackboneCTC.Config",
    "micro_ocr": "chuviet.models.micro:MicroOCR.Config",
    "seq2seq": "chuviet.models.seq2seq:Seq2Seq.Config",
    "dbnet": "chuviet.models.dbnet:DBNet.Config",
    "fots": "chuviet.models.fots:FOTS.Config",
    "rejector": "chuviet.models.rejector:Rejector.Config",
    "fpn": "chuviet.models.fpn:FPN.Config",
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
}

#: What files of versions before 0.2 call them, where that is no longer the place.
FORMER: dict[str, str] = {
    "chuviet.models.scene:SceneCTC.Config": "backbone_ctc",
    "chuviet.data.transforms:LinePreprocess.Config": "line_image",
    "chuviet.data.transforms:LineAugment.Config": "chuviet.data.line_augment:LineAugment.Config",
    "chuviet.data.scene:ScenePreprocess.Config": "scene_image",
    "chuviet.data.scene:SceneAugment.Config": "chuviet.data.scene_augment:SceneAugment.Config",
    "chuviet.data.detection:PagePreprocess.Config": "page_image",
    "chuviet.decode.attention:WrittenText.Config": "decoded_in_graph",
    "chuviet.models.guides:SAR.Config": "chuviet.models.attention_heads:SAR.Config",
    "chuviet.models.guides:NRTR.Config": "chuviet.models.attention_heads:NRTR.Config",
}

#: Fields that had another name before 0.2: place of the config -> {former name: name}. A run's config.json is read
#: with the former names; on the command line they are errors that suggest the new ones.
FORMER_FIELDS: dict[str, dict[str, str]] = {
    "chuviet.data.recognition:LineData.Config": {"frame": "ctc_stride", "unfit": "bad_labels"},
}

_NAMES = {place: kind for kind, place in KINDS.items()}


def place_of(name: str) -> str:
    """``module:Qualified.Name`` of a kind, of a former place, or of a place that is given as such."""
    name = FORMER.get(name, name)
    return KINDS.get(name, name)


def name_of(place: str) -> str:
    """The kind of what lives at ``module:Qualified.Name``; the place itself where it has none."""
    return _NAMES.get(place, place)
