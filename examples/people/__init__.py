"""People to fill scenes with, made of MakeHuman's base mesh and shapes (CC0): bodies, clothes, hair, a rig, poses."""
