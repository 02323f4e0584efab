def rescorer_of(lm, cfg):
    return lm
