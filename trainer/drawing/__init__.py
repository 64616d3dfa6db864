"""What draws from a trained network: from a model file or a checkpoint, its statistics, its sheets, its export."""
