"""What the line's camera sees, drawn: items of each class, foreign objects, empty belts, damaged and failed pictures.

`render` draws one picture as a JPEG file; the same arguments give the same bytes in any process. `draw_sample` and
`synthesize` draw the pictures of a training set with their labels. Importing the package loads numpy and OpenCV.
"""

from classifier.rendering.blank import BLANK_KINDS, damage, render_blank
from classifier.rendering.contact_sheet import contact_sheet
from classifier.rendering.foreign_objects import FOREIGN_KINDS, STRANGE_KINDS
from classifier.rendering.looks import LOOKS
from classifier.rendering.optics import FAULTS, spoil
from classifier.rendering.renderer import render, render_between, render_empty, render_foreign, render_two
from classifier.rendering.ripeness import FRUIT_CLASSES, GAPS, RIPENESS
from classifier.rendering.synthesis import CLASSES, SPLITS, Sample, draw_sample, draw_unknown, synthesize

__all__ = [
    "BLANK_KINDS", "CLASSES", "FAULTS", "FOREIGN_KINDS", "FRUIT_CLASSES", "GAPS", "LOOKS", "RIPENESS", "SPLITS",
    "STRANGE_KINDS", "Sample", "contact_sheet", "damage", "draw_sample", "draw_unknown", "render", "render_between",
    "render_blank", "render_empty", "render_foreign", "render_two", "spoil", "synthesize",
]  # fmt: skip
