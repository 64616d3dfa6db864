"""The model file (docs/model-format.md): its graph, writing it, reading it, running it in torch, ONNX."""
