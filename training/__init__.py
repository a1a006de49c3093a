"""The recipe that makes the models: text, synthesis, augmentation, training, export."""
