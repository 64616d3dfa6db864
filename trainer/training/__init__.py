"""The loop: losses and their gate, schedules, augmentation, EMA, checkpoints."""
