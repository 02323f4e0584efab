"""Recipes: one function a kind of system, which returns the tree of a run with all that follows from its arguments.

A config file calls one and says what matters:

    cfg = seq2seq_lines(backbone="tf_efficientnetv2_b1.in1k", hidden=384, height=128, width=2048, fold="all",
                        mix=("aug", "address", "poems"), batch=32, epochs=30, lr=1e-3)

Every recipe takes the arguments of `Run` too, recognisers also those of `LineRun`, detectors of `PageRun`; `more` sets
any other key of the tree. What a config comes to, and what set each value: ``chuviet config NAME``.
"""

from chuviet.config import parent, replace
from chuviet.data.configs import Concat
from chuviet.data.line_augment import LineAugment
from chuviet.data.page_augment import PageAugment
from chuviet.data.scene_augment import SceneAugment
from chuviet.data.string_augment import StringAugment
from chuviet.models.configs import NRTRConfig, SARConfig
from chuviet.recipes.lines import backbone_lines, ctc_lines, seq2seq_lines
from chuviet.recipes.pages import db_pages, fots_pages, fots_rejector, line_word_pages
from chuviet.recipes.run import LineRun, PageRun, Run
from chuviet.recipes.words import ctc_words, micro_strings, scene_words
from chuviet.vocab import ASCII, CHINESE, PRINTED, VIETNAMESE

__all__ = [
    "ASCII",
    "CHINESE",
    "PRINTED",
    "VIETNAMESE",
    "Concat",
    "LineAugment",
    "LineRun",
    "NRTRConfig",
    "PageAugment",
    "PageRun",
    "Run",
    "SARConfig",
    "SceneAugment",
    "StringAugment",
    "backbone_lines",
    "ctc_lines",
    "ctc_words",
    "db_pages",
    "fots_pages",
    "fots_rejector",
    "line_word_pages",
    "micro_strings",
    "parent",
    "replace",
    "scene_words",
    "seq2seq_lines",
]
