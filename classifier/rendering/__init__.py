"""What the line's camera sees, drawn: items of each class, foreign objects, empty belts, damaged and failed pictures."""
