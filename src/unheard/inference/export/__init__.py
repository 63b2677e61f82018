"""A recognizer as one ONNX file: waveform in, probabilities and embedding out, without PyTorch."""
