"""What bones, objects and materials are called: one table for the rigs and libraries that people use."""

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

BoneRole = Literal["HEAD", "NECK", "EYE", "JAW", "HIPS", "FOOT", "TOE", ""]
PartRole = Literal["EYE", "LASHES", "BROWS", "TEETH", "HAIR", "GLASSES", "HAT", "HEAD", "SKIN", "CLOTHES", ""]
Side = Literal["LEFT", "RIGHT", ""]

_NOISE = frozenset(
    {
        *("def", "org", "mch", "metarig", "rig"),  # Rigify
        *("bip", "valve", "biped"),  # 3ds Max' Biped, Source
        *("j", "adj", "sec", "c", "root"),  # VRM and VRoid: J_Bip_C_Head, J_Adj_L_FaceEye
        *("cc", "base", "rl"),  # Character Creator
        *("character", "mixamorig", "facial"),  # HumanIK, Mixamo, Unreal's MetaHuman
        *("m", "f", "avg", "smplhf"),  # SMPL's FBX; M is also AdvancedSkeleton's middle
        *("x", "ref"),  # Auto-Rig Pro
        *("armature", "skeleton", "joint", "jnt", "jt", "bone", "bn", "bind", "skin", "deform"),
    }
)
"""Words that say nothing of which bone it is, by who uses them."""
_HAND = frozenset(
    ("hand", "wrist", "palm", "finger", "fingers", "thumb", "index", "middle", "ring", "pinky", "little", "metacarpal")
)
"""Words of the bones of a hand: Mixamo, Rigify, VRM, Unreal, MakeHuman; Biped counts fingers."""
_SIDES: dict[str, Side] = {
    **dict.fromkeys(("l", "left", "lft", "lf"), "LEFT"),
    **dict.fromkeys(("r", "right", "rgt", "rt"), "RIGHT"),
}
_BONES: dict[str, BoneRole] = {
    # Mixamo, Unreal, Unity, VRM, Source (Head1), Biped, MakeHuman, MB-Lab, Daz, SMPL, HumanIK, CMU, Quaternius, KayKit.
    "head": "HEAD",
    "skull": "HEAD",
    "spine 006": "HEAD",  # Rigify's human; its neck is spine.004 and spine.005
    "neck 2 cesium": "HEAD",  # neck_joint_2 of Cesium's man
    "頭": "HEAD",  # MikuMikuDance
    "neck": "NECK",  # also neck_01 (Unreal), Neck1 (CMU), neck01 ... neck03 (MakeHuman)
    "neck lower": "NECK",  # Daz Genesis 3 and 8, with neckUpper
    "neck upper": "NECK",
    "neck twist": "NECK",  # Character Creator's NeckTwist01
    "spine 004": "NECK",
    "spine 005": "NECK",
    "首": "NECK",
    "eye": "EYE",  # LeftEye (Mixamo, Unity), eye.L (Rigify), CC_Base_L_Eye, lEye (Daz)
    "face eye": "EYE",  # VRoid's J_Adj_L_FaceEye
    "eyeball": "EYE",
    "目": "EYE",
    "jaw": "JAW",
    "lower jaw": "JAW",  # Daz
    "hips": "HIPS",  # Mixamo, Unity, VRM, CMU
    "hip": "HIPS",  # Daz, Character Creator
    "pelvis": "HIPS",  # Unreal, Biped, Source, MakeHuman, SMPL
    "lower torso": "HIPS",  # Roblox
    "foot": "FOOT",
    "ankle": "FOOT",  # SMPL, AdvancedSkeleton
    "足首": "FOOT",
    "toe": "TOE",  # Biped's Toe0, Source, Rigify
    "toes": "TOE",  # Unity, VRM, AdvancedSkeleton
    "toe base": "TOE",  # Mixamo, VRoid, Character Creator
    "ball": "TOE",  # Unreal
    "つま先": "TOE",
}
"""Roles by what is left of a name without prefixes, sides and numbers (but for Rigify's, which are numbers)."""

_PARTS: tuple[tuple[PartRole, tuple[str, ...]], ...] = (
    ("LASHES", ("lash", "lashes", "eyelash", "eyelashes")),
    ("BROWS", ("brow", "brows", "eyebrow", "eyebrows")),
    ("GLASSES", ("glasses", "eyeglasses", "sunglasses", "spectacles", "goggles", "monocle", "eyewear", "facewear")),
    ("EYE", ("eye", "eyes", "eyeball", "eyeballs", "sclera", "cornea", "iris", "pupil", "pupils", "lens")),
    ("EYE", ("tearline", "eyeocclusion", "eyemoisture", "eyewhite", "eyehighlight", "eyelens")),
    ("TEETH", ("teeth", "tooth", "tongue", "gums", "gumstongue", "denture", "mouthbag", "mouthcavity")),
    ("HAIR", ("hair", "hairs", "haircut", "hairstyle", "beard", "moustache", "mustache", "stubble", "ponytail")),
    ("HAIR", ("bangs", "fringe", "braid", "braids", "bun", "sideburns", "fur")),
    ("HAT", ("hat", "cap", "helmet", "headwear", "headgear", "hood", "headband", "crown", "hijab", "turban")),
    ("HAT", ("scarf", "veil", "mask", "horns", "antenna", "visor")),
    ("HEAD", ("head", "face", "bust")),
    ("SKIN", ("skin", "body", "flesh", "human", "lips", "lip", "ear", "ears", "nose", "neck", "basemesh")),
    ("CLOTHES", ("cloth", "clothes", "clothing", "shirt", "tshirt", "blouse", "top", "tops", "bottom", "bottoms")),
    ("CLOTHES", ("pants", "trousers", "jeans", "shorts", "skirt", "dress", "suit", "jacket", "coat", "vest")),
    ("CLOTHES", ("sweater", "hoodie", "tie", "outfit", "uniform", "robe", "underwear", "bra", "costume", "cape")),
    ("CLOTHES", ("footwear", "shoe", "shoes", "boot", "boots", "sneakers", "sock", "socks", "glove", "gloves")),
    ("CLOTHES", ("belt", "backpack", "bag", "armor", "armour", "leather", "necklace", "earring", "earrings")),
    ("CLOTHES", ("watch", "weapon", "sword", "axe", "shield")),
)
"""What words in the name of an object or a material say of it; the first line that fits counts. They are the words of
MakeHuman's, Daz', Character Creator's, VRoid's, Ready Player Me's and Quaternius' parts, and of plain English."""

_LEGS = frozenset(("leg", "foot", "paw", "hoof"))
_IRIS = frozenset(("iris", "irises", "irides", "pupil", "pupils"))
_PLACE_OF = {word: place for place, (_, words) in reversed(list(enumerate(_PARTS))) for word in words}
"""The first line of `_PARTS` in which each word stands."""
_MAKEHUMAN_HAIR = re.compile(r"(?:^|[._\- ])(?:afro|bob|braid|long|ponytail|short)\d\d$")
"""MakeHuman's hair, as its files and the objects made of them are called: long01, Human.short02."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_DUPLICATE = re.compile(r"\.\d{3}$")
_LEVEL = re.compile(r"[._\- ]?lod[._\- ]?(\d+)(?=$|[._\- ])", re.IGNORECASE)


def _words(name: str) -> list[str]:
    """Lower-case words of a name: what stands before a colon (a namespace) and Blender's .001 are left out."""
    bare = _DUPLICATE.sub("", name.rpartition(":")[2])
    return [word.lower() for word in _WORD.findall(bare)]


def side_of(name: str) -> Side:
    """Which side of the body a name speaks of, as the person sees it."""
    bare = name.rpartition(":")[2]
    if bare.startswith("左"):
        return "LEFT"
    if bare.startswith("右"):
        return "RIGHT"
    if re.match(r"^[lr][A-Z]", bare):
        return "LEFT" if bare[0] == "l" else "RIGHT"
    return next((_SIDES[word] for word in _words(name) if word in _SIDES), "")


def is_of_hand(name: str) -> bool:
    """Whether a bone is one of the hand: itself, the palm, a finger."""
    return any(word in _HAND for word in _words(name)) or bool(re.search(r"[手指]", name))


def bone_role(name: str) -> BoneRole:
    """What part of a person a bone or a vertex group is, or nothing where the name is not known."""
    bare = name.rpartition(":")[2].lstrip("左右両")
    if re.match(r"^[lrm][A-Z]", bare):
        # Daz' lEye, Second Life's mHead.
        bare = bare[1:]
    rigify = re.search(r"(?:^|-)spine\.(00[456])$", name)
    if rigify is not None:
        return _BONES[f"spine {rigify.group(1)}"]
    words = [word for word in _words(bare) if word not in _SIDES and word not in _NOISE]
    if words == ["neck", "2"] and "joint" in _words(bare):
        return _BONES["neck 2 cesium"]
    plain = " ".join(word for word in words if not word.isdigit())
    return _BONES.get(plain, "")


def part_role(name: str) -> PartRole:
    """What an object or a material of a person is by its name, or nothing where the name does not tell."""
    return _role_of(_DUPLICATE.sub("", name.rpartition(":")[2]))


@lru_cache(maxsize=4096)
def _role_of(bare: str) -> PartRole:
    """The role by a name without namespace and .001: a crowd has few of these."""
    if _MAKEHUMAN_HAIR.search(bare):
        return "HAIR"
    words = _words(bare)
    joined = [first + second for first, second in itertools.pairwise(words)]
    places = [_PLACE_OF[word] for word in (*words, *joined) if word in _PLACE_OF]
    return _PARTS[min(places)][0] if places else ""


def leg_of_beast(name: str) -> Literal["FORE", "HIND", ""]:
    """Which legs of a four-legged body a bone is of, if it says so."""
    words = set(_words(name))
    if not words & _LEGS:
        return ""
    return "FORE" if words & {"front", "fore"} else "HIND" if words & {"back", "hind", "rear"} else ""


def is_iris(name: str) -> bool:
    """Whether a material or an object is the coloured part of an eye, which looks where the eye looks."""
    return any(word in _IRIS for word in _words(name))


def level_of_detail(name: str) -> tuple[str, int] | None:
    """The name without its level (`Head_LOD1`, `head.lod2`), and the level; None where it names none."""
    found = _LEVEL.search(name)
    if found is None:
        return None
    return (name[: found.start()] + name[found.end() :]).strip("._- ").lower(), int(found.group(1))


def levels_of_detail(names: Sequence[str]) -> list[tuple[str, int] | None]:
    """The same of names that stand beside each other: one that is another's without its level (`Hero`) is level 0."""
    found = [level_of_detail(name) for name in names]
    bases = {level[0] for level in found if level is not None and level[1] > 0}
    plain = [name.lower() for name in names]
    return [level or ((name, 0) if name in bases else None) for level, name in zip(found, plain, strict=True)]
