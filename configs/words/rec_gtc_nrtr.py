"""Scene words by guided CTC, with the NRTR decoder (a transformer) as the guide: otherwise as `rec_gtc`."""

from chuviet.recipes import NRTRConfig, parent, replace

cfg = replace(parent(__file__, "rec_gtc"), **{"model.guide": NRTRConfig()})
