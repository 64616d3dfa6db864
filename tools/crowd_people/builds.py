"""Who there is: builds of both sexes, all ages, thin and heavy, with MakeHuman's three sets of shapes and mixtures."""

from tools.makehuman import Build

__all__ = ["BUILDS"]

_C, _A, _E = {"caucasian": 1.0}, {"african": 1.0}, {"asian": 1.0}
_CA, _CE = {"caucasian": 0.5, "african": 0.5}, {"caucasian": 0.5, "asian": 0.5}
_AE = {"african": 0.5, "asian": 0.5}
_NARROW = {"head/head-scale-horiz-decr": 0.4, "nose/nose-scale-vert-incr": 0.4}
_BROAD = {"head/head-scale-horiz-incr": 0.4, "chin/chin-width-incr": 0.6}
_ROUND = {"head/head-round": 0.5, "head/head-fat-incr": 0.3}
_LONG = {"head/head-oval": 0.5, "chin/chin-height-incr": 0.4}

BUILDS = {
    "boy": Build("male", 9, 0.5, 0.50, 0.5, _C),
    "boy_2": Build("male", 12, 0.5, 0.55, 0.5, _AE),
    "girl": Build("female", 8, 0.5, 0.50, 0.5, _CE),
    "girl_2": Build("female", 12, 0.5, 0.45, 0.5, _A),
    "lad": Build("male", 17, 0.5, 0.40, 0.55, _CE, _LONG),
    "lass": Build("female", 17, 0.5, 0.45, 0.5, _CA),
    "man_slim": Build("male", 24, 0.5, 0.35, 0.5, _C, _NARROW),
    "man_fit": Build("male", 29, 0.65, 0.47, 0.5, _A, _LONG),
    "man_average": Build("male", 33, 0.55, 0.55, 0.5, _E, _BROAD),
    "man_tall": Build("male", 38, 0.5, 0.45, 0.55, _CA),
    "man_heavy": Build("male", 44, 0.5, 0.80, 0.5, _C, _ROUND),
    "man_stout": Build("male", 52, 0.45, 0.70, 0.4, _CE, _BROAD),
    "man_grey": Build("male", 60, 0.45, 0.60, 0.5, _A),
    "man_old": Build("male", 72, 0.35, 0.45, 0.45, _C, _LONG),
    "man_old_heavy": Build("male", 70, 0.4, 0.75, 0.5, _CA, _ROUND),
    "woman_slim": Build("female", 23, 0.5, 0.32, 0.55, _E, _LONG),
    "woman_fit": Build("female", 28, 0.7, 0.45, 0.6, _A),
    "woman_average": Build("female", 32, 0.5, 0.52, 0.5, _C),
    "woman_small": Build("female", 36, 0.5, 0.50, 0.45, _CE, _ROUND),
    "woman_full": Build("female", 41, 0.5, 0.78, 0.5, _CA, _BROAD),
    "woman_heavy": Build("female", 49, 0.45, 0.85, 0.45, _C, _ROUND),
    "woman_grey": Build("female", 58, 0.45, 0.60, 0.5, _AE),
    "woman_old": Build("female", 69, 0.35, 0.45, 0.5, _C, _NARROW),
    "woman_old_full": Build("female", 74, 0.4, 0.75, 0.5, _E),
}
