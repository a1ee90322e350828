"""The layers of a window: what they show, how they are made, how they are found."""
